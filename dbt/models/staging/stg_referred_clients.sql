-- Who was ever referred, as far as known. The first day counts accepted rows of the current extract only, so that a
-- date that was corrected since does not linger.
select
    client_id,
    min(case when loads.is_current and not is_duplicate and reject_reasons is null then received_date end) as first_received_date
from {{ ref('base_referrals') }} as referrals
inner join {{ ref('stg_loads') }} as loads on referrals.load_id = loads.load_id
where client_id is not null
group by client_id

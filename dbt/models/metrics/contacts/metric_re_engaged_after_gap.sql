with spells as (
    select * from {{ ref('int_support_spells') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where result = 'successful'
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'year', 'programme')
),

settings as (
    select cast(max(case when setting = 'contact_gap_days' then value end) as integer) as gap_days
    from {{ ref('programme_settings') }}
),

-- The days on which a person was reached, spell by spell: what lies between two spells is no gap in support.
days_reached as (
    select distinct
        spells.client_key,
        spells.spell_number,
        spells.end_date,
        contacts.contact_date
    from spells
    inner join contacts
        on
            spells.client_key = contacts.client_key
            and spells.start_date <= contacts.contact_date
            and (spells.end_date is null or spells.end_date >= contacts.contact_date)
),

times_between as (
    select
        client_key,
        contact_date,
        end_date,
        lead(contact_date) over (
            partition by client_key, spell_number
            order by contact_date
        ) as next_contact
    from days_reached
),

-- Times that grew into a gap before they closed. As at a day before it closed, a gap was still open: every condition
-- below compares with the end of the period, and what came after that changes none of them.
gaps as (
    select
        times_between.client_key,
        times_between.next_contact,
        coalesce(times_between.next_contact, times_between.end_date) as closed_on,
        cast(times_between.contact_date + settings.gap_days * interval '1' day as date) as gap_from
    from times_between
    cross join settings
)

select
    gaps.client_key,
    cast(null as string) as episode_key,
    periods.period_end as counted_on,
    cast(periods.period_type as string) as period_type,
    cast(max(
        case when gaps.next_contact between periods.period_start and periods.period_end then 1 else 0 end
    ) as double) as amount,
    cast(1 as double) as out_of
from periods
inner join gaps
    on
        periods.period_end >= gaps.gap_from
        and (gaps.closed_on is null or periods.period_start <= gaps.closed_on)
where gaps.closed_on is null or gaps.closed_on >= gaps.gap_from
group by
    gaps.client_key,
    periods.period_end,
    periods.period_type

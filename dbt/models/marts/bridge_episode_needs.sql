select
    episodes.episode_key,
    episodes.client_key,
    needs.need_domain
from {{ ref('fct_episodes') }} as episodes
inner join {{ ref('int_referral_needs') }} as needs on episodes.referral_key = needs.referral_id
where needs.answer = 'yes'

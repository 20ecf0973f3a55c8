select
    referrals.referral_key,
    referrals.client_key,
    needs.need_domain,
    needs.answer
from {{ ref('int_referral_needs') }} as needs
inner join {{ ref('fct_referrals') }} as referrals on needs.referral_id = referrals.referral_key

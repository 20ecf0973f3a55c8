select
    referral_id as referral_key,
    client_id as client_key,
    need_domain,
    answer
from {{ ref('int_referral_needs') }}

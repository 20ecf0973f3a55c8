{{ type_rows('referrals') }}

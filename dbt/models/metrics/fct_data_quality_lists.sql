-- What is to be mended, record by record, for management's working lists: what the exports have wrong or odd, and what is
-- still to come on the as-at day. No worker stands here: a list by worker reads as a league table.
with as_at_day as (
    select as_at
    from {{ ref('dim_as_at_days') }}
    where is_latest
),

supported as (
    select
        open_people.client_key,
        open_people.episode_key,
        open_people.counted_on,
        open_people.sex,
        open_people.age_band,
        open_people.ethnicity_group,
        episodes.referral_key,
        episodes.start_date
    from {{ ref('metric_open_caseload') }} as open_people
    inner join as_at_day on open_people.counted_on = as_at_day.as_at
    inner join {{ ref('fct_episodes') }} as episodes on open_people.episode_key = episodes.episode_key
),

found as (
    select
        case
            when rule in ('not_a_date', 'month_first', 'after_extract_date') or substr(rule, 1, 7) = 'before_'
                then 'impossible_date'
            when severity = 'reject' then 'refused'
            else 'odd'
        end as kind,
        client_key,
        export,
        -- concat would make 'line ' of a line that is not known.
        case when source_line is not null then concat('line ', cast(source_line as string)) end as record,
        column_name,
        rule,
        coalesce(extract_date, as_at_day.as_at) as day,
        is_accepted
    from (
        select
            client_key,
            export,
            source_line,
            column_name,
            rule,
            severity,
            extract_date,
            is_accepted
        from {{ ref('fct_warnings') }}
        -- What concerns a file as a whole stands in the load report and is about nobody.
        where rule not in ('file_refused', 'file_warning', 'same_content')
        union all
        select
            client_key,
            export,
            source_line,
            column_name,
            reason as rule,
            'reject' as severity,
            extract_date,
            false as is_accepted
        from {{ ref('fct_rejected_rows') }}
        where is_open and not row_is_kept
    ) as findings
    cross join as_at_day
),

answers as (
    select
        supported.client_key,
        'referrals' as export,
        supported.referral_key as record,
        domains.referral_column as column_name,
        supported.start_date
    from supported
    inner join {{ ref('bridge_referral_needs') }} as needs on supported.referral_key = needs.referral_key
    inner join {{ ref('need_domains') }} as domains on needs.need_domain = domains.need_domain
    where needs.answer = 'unknown'
    {% for breakdown, column in [("sex", "sex"), ("age_band", "age_band"), ("ethnicity_group", "ethnicity")] %}
        union all
        select
            client_key,
            'caseload' as export,
            episode_key as record,
            '{{ column }}' as column_name,
            start_date
        from supported
        where {{ breakdown }} = 'not_known'
    {% endfor %}
),

last_stars as (
    select
        readings.client_key,
        max(readings.completed_date) as completed_date
    from {{ ref('int_star_readings_in_use') }} as readings
    inner join as_at_day on readings.as_at = as_at_day.as_at
    group by readings.client_key
),

last_contacts as (
    select
        contacts.client_key,
        max(contacts.contact_date) as contact_date
    from {{ ref('fct_contacts') }} as contacts
    inner join as_at_day on contacts.contact_date <= as_at_day.as_at
    where contacts.result = 'successful'
    group by contacts.client_key
),

listed as (
    select * from found
    union all
    select
        'missing_answer' as kind,
        client_key,
        export,
        record,
        column_name,
        'answer_not_known' as rule,
        start_date as day,
        false as is_accepted
    from answers
    union all
    select
        'star' as kind,
        due.client_key,
        'outcome_stars' as export,
        due.episode_key as record,
        cast(null as string) as column_name,
        case when due.star_due = 'due_draft' then 'star_still_draft' else 'star_not_done' end as rule,
        coalesce(last_stars.completed_date, supported.start_date) as day,
        false as is_accepted
    from {{ ref('metric_star_due') }} as due
    inner join supported on due.episode_key = supported.episode_key and due.counted_on = supported.counted_on
    left join last_stars on due.client_key = last_stars.client_key
    where due.star_due in ('due_draft', 'due_not_done')
    union all
    select
        'contact' as kind,
        gaps.client_key,
        'contacts' as export,
        gaps.episode_key as record,
        cast(null as string) as column_name,
        'contact_overdue' as rule,
        coalesce(last_contacts.contact_date, supported.start_date) as day,
        false as is_accepted
    from {{ ref('metric_contact_gap') }} as gaps
    inner join supported on gaps.episode_key = supported.episode_key and gaps.counted_on = supported.counted_on
    left join last_contacts on gaps.client_key = last_contacts.client_key
    where
        gaps.days_since_contact = 'over_90'
        -- Whom nobody has met yet is looked at sooner, and not on the first day.
        or (
            gaps.days_since_contact = 'never'
            and {{ days_between('supported.start_date', 'supported.counted_on') }} > 28
        )
    union all
    select
        'no_word' as kind,
        referrals.client_key,
        'referrals' as export,
        referrals.referral_key as record,
        cast(null as string) as column_name,
        'referral_without_word' as rule,
        referrals.received_date as day,
        false as is_accepted
    from {{ ref('int_referral_status') }} as statuses
    inner join as_at_day on statuses.as_at = as_at_day.as_at
    inner join {{ ref('fct_referrals') }} as referrals on statuses.referral_key = referrals.referral_key
    where
        statuses.status = 'awaiting'
        and (referrals.feedback_date is null or referrals.feedback_date > statuses.as_at)
        and {{ days_between('referrals.received_date', 'statuses.as_at') }} > 28
)

select
    listed.kind,
    listed.client_key,
    listed.export,
    listed.record,
    listed.column_name,
    listed.rule,
    rules.wording,
    rules.guidance,
    listed.day,
    listed.is_accepted
from listed
left join {{ ref('quality_rules') }} as rules on listed.rule = rules.rule

-- What is to be mended, record by record, for management's working lists: what the exports have wrong or odd, and what is
-- still to come on the as-at day. No worker stands here: a list by worker reads as a league table.
with as_at_day as (
    select as_at
    from {{ ref('dim_as_at_days') }}
    where is_latest
),

-- What happened after the last extract of an export is not known: nothing is overdue for it.
known_until as (
    select
        sources.export,
        least(as_at_day.as_at, sources.last_extract_date) as last_day
    from {{ ref('fct_source_status') }} as sources
    cross join as_at_day
    where sources.last_extract_date is not null
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
        episodes.start_date,
        episodes.is_consent_withdrawn
    from {{ ref('metric_open_caseload') }} as open_people
    inner join as_at_day on open_people.counted_on = as_at_day.as_at
    inner join {{ ref('fct_episodes') }} as episodes on open_people.episode_key = episodes.episode_key
),

found as (
    select
        case
            when
                findings.rule in ('not_a_date', 'month_first', 'after_extract_date')
                or substr(findings.rule, 1, 7) = 'before_'
                then 'impossible_date'
            when findings.severity = 'reject' then 'refused'
            when rules.concerns = 'cell' then 'emptied'
            else 'odd'
        end as kind,
        findings.client_key,
        findings.export,
        -- concat would make 'line ' of a line that is not known.
        case
            when findings.source_line is not null then concat('line ', cast(findings.source_line as string))
        end as record,
        findings.source_file,
        findings.column_name,
        findings.rule,
        coalesce(findings.extract_date, as_at_day.as_at) as day,
        findings.is_accepted
    from (
        select
            client_key,
            export,
            source_file,
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
            source_file,
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
    left join {{ ref('quality_rules') }} as rules on findings.rule = rules.rule
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
    -- By the columns of the source, which knows no bands and groups.
    {% for breakdown, column in [("sex", "sex"), ("age_band", "birth_year"), ("ethnicity_group", "ethnicity")] %}
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
        cast(null as string) as source_file,
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
        cast(null as string) as source_file,
        cast(null as string) as column_name,
        case when due.star_due = 'due_draft' then 'star_still_draft' else 'star_not_done' end as rule,
        due.counted_from as day,
        false as is_accepted
    from {{ ref('int_star_due') }} as due
    inner join supported on due.episode_key = supported.episode_key and due.counted_on = supported.counted_on
    inner join known_until on known_until.export = 'outcome_stars'
    where
        due.star_due in ('due_draft', 'due_not_done')
        and due.last_day_of_grace < known_until.last_day
        -- No Star of theirs is valid, so that nothing they could make would take them off.
        and not supported.is_consent_withdrawn
    union all
    select
        'contact' as kind,
        supported.client_key,
        'contacts' as export,
        supported.episode_key as record,
        cast(null as string) as source_file,
        cast(null as string) as column_name,
        'contact_overdue' as rule,
        coalesce(last_contacts.contact_date, supported.start_date) as day,
        false as is_accepted
    -- metric_contact_gap has bands and no days, and runs to the as-at day. Up to there the two count the same people.
    from supported
    inner join known_until on known_until.export = 'contacts'
    left join last_contacts on supported.client_key = last_contacts.client_key
    where
        -- Whom nobody has met yet is looked at sooner, and not on the first day.
        {{ days_between('coalesce(last_contacts.contact_date, supported.start_date)', 'known_until.last_day') }}
        > case when last_contacts.contact_date is null then 28 else 90 end
    union all
    select
        'no_word' as kind,
        referrals.client_key,
        'referrals' as export,
        referrals.referral_key as record,
        cast(null as string) as source_file,
        cast(null as string) as column_name,
        'referral_without_word' as rule,
        referrals.received_date as day,
        false as is_accepted
    -- metric_referrals_no_word counts people and does not say which referral.
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
    listed.source_file,
    listed.column_name,
    listed.rule,
    rules.wording,
    rules.guidance,
    listed.day,
    listed.is_accepted
from listed
left join {{ ref('quality_rules') }} as rules on listed.rule = rules.rule

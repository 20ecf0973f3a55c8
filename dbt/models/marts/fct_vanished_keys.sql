-- A record that was once taken in and that the current full extract does not hold, not even as a rejected row. A row that
-- was always rejected never counted, so nothing is gone when its key is corrected.
with

seen as (

    {% for export in staged_exports() %}
        select
            '{{ export }}' as export,
            record_key,
            load_id,
            min(source_line) as source_line,
            max(case when reject_reasons is null then 1 else 0 end) as is_accepted
        from {{ ref('base_' ~ export) }}
        where record_key is not null
        group by record_key, load_id
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

last_seen as (

    select
        seen.export,
        seen.record_key,
        max(loads.load_number) as load_number
    from seen
    inner join {{ ref('stg_loads') }} as loads on seen.load_id = loads.load_id
    inner join {{ ref('stg_exports') }} as exports on seen.export = exports.export
    where exports.extract = 'full'
    group by seen.export, seen.record_key
    having max(seen.is_accepted) = 1

)

select
    last_seen.export,
    last_seen.record_key,
    last_loads.load_id as last_seen_load_id,
    seen.source_line as last_seen_line,
    next_loads.load_id as missing_since_load_id
from last_seen
inner join {{ ref('stg_loads') }} as last_loads
    on last_seen.export = last_loads.export and last_seen.load_number = last_loads.load_number
inner join {{ ref('stg_loads') }} as next_loads
    on last_seen.export = next_loads.export and last_seen.load_number + 1 = next_loads.load_number
inner join seen
    on last_seen.export = seen.export
        and last_seen.record_key = seen.record_key
        and last_loads.load_id = seen.load_id

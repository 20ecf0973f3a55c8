-- A record that was once taken in and that the current full extract does not hold, not even as a rejected row. A row that
-- was always rejected never counted, so nothing is gone when its key is corrected.
with

full_loads as (

    select
        loads.load_id,
        loads.load_number,
        loads.is_current
    from {{ ref('stg_loads') }} as loads
    inner join {{ ref('stg_exports') }} as exports on loads.export = exports.export
    where exports.extract = 'full' and loads.load_number is not null

),

-- In earlier loads; most files hold all that the one before held.
seen as (

    {% for export in staged_exports() %}
        select
            '{{ export }}' as export,
            earlier.record_key,
            earlier.load_id,
            min(earlier.source_line) as source_line,
            max(case when earlier.reject_reasons is null then 1 else 0 end) as is_accepted
        from {{ ref('base_' ~ export) }} as earlier
        inner join full_loads as loads on earlier.load_id = loads.load_id and not loads.is_current
        where
            earlier.record_key is not null
            and not exists (
                select 1
                from {{ ref('base_' ~ export) }} as later
                inner join full_loads as current_load on later.load_id = current_load.load_id and current_load.is_current
                where later.record_key = earlier.record_key
            )
        group by earlier.record_key, earlier.load_id
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

last_seen as (

    select
        seen.export,
        seen.record_key,
        max(loads.load_number) as load_number
    from seen
    inner join full_loads as loads on seen.load_id = loads.load_id
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

-- type_rows: every row of every known load of an export, typed by its contract, with every reason against it.
-- What a single cell may look like stands in typing.sql; what other exports know of the client (the day of the
-- first referral, say) comes in with the relation `clients`: client_id and days that the contract's not_before may name.
--
-- Columns of the result: load_id, extract_date, source_file, source_line, record_key; each column of the contract
-- typed, and as given in the file where something is said of the row (<column>_as_given, NULL where the value may not be shown);
-- reject_reasons and kept_findings (`column:reason;column:reason;`, NULL if none); is_duplicate (a copy of an earlier row of the file).
-- The contract's own rules see the typed columns as figures would (bad cells that are emptied are empty), the columns as
-- given, load_id, record_key and is_duplicate.

{% macro type_rows(export, clients=none, even_if_it_never_came=false) %}
    {#- Named outside `if execute`, so that parsing sees what the model depends on. -#}
    {%- set landed = source("landing", export) -%}
    {%- set ledger = ref("stg_loads") -%}
    {%- set settings = ref("stg_programme_settings") -%}
    {%- set spellings = ref("stg_value_spellings") -%}
    {%- set exports = ref("stg_exports") -%}
    {%- set dates = ref("base_dates") -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- set contract = export_contract(export) -%}
    {%- set rules = contract.config.meta -%}
    {%- set columns = contract_columns(contract) -%}
    {%- if rules.get("known_client") and clients is none -%}
        {{ exceptions.raise_compiler_error("The contract of " ~ export ~ " asks for known clients: name the relation") }}
    {%- endif -%}
    {%- set landed_rows = known_rows(landed, ledger) -%}
    {%- if not even_if_it_never_came and not ever_came(landed) -%}
        {{ no_typed_rows(landed, columns) }}
    {%- else -%}
with

{% for column in columns if column.is_looked_up -%}
{{ column.name }}_cells as (
{% if column.rules.type == "date" %}
    select
        load_id,
        cell,
        as_given,
        text,
        value,
        is_month_first
    from {{ dates }}
    where export = '{{ export }}' and column_name = '{{ column.name }}'
{% else %}
    {{ cells(column, landed_rows, settings, spellings, export) }}
{% endif %}
),

{% endfor -%}
-- Keys that stand more than once in a file. Most files have none, and to compare all rows whole would take longer than
-- to type them.
repeated_keys as (

    select
        load_id,
        record_key
    from (
        {{ keyed_rows(rules, columns | selectattr("name", "in", rules.key) | list, landed_rows, settings) }}
    ) as keyed
    group by
        load_id,
        record_key
    -- Rows without a key are in no group here. Where they are left out before, keys are made twice.
    having count(record_key) > 1

),

repeated_rows as (

    select
        keyed.load_id,
        keyed.source_line,
        row_number() over (partition by keyed.load_id, keyed.content order by keyed.source_line) > 1 as is_duplicate,
        min(keyed.content) over (partition by keyed.load_id, keyed.record_key, keyed.row_of_record)
        <> max(keyed.content) over (partition by keyed.load_id, keyed.record_key, keyed.row_of_record) as is_in_conflict
    from (
        select
            typed.load_id,
            typed.source_line,
            typed.record_key,
            {#- Where a record may stand in several rows, what tells them apart. -#}
            {%- set apart = rules.get("repeats_by") %}
            {{ "coalesce(cast(typed." ~ apart ~ " as string), typed." ~ apart ~ "_as_given, '')" if apart else "''" }} as row_of_record,
            concat(
                {%- for column in columns %}
                coalesce(cast(typed.{{ column.name }} as string), typed.{{ column.name }}_as_given, ''), chr(31),
                {%- endfor %}
                typed.door_findings
            ) as content
        from (
            {{ keyed_rows(rules, columns, landed_rows, settings) }}
        ) as typed
        inner join repeated_keys on typed.load_id = repeated_keys.load_id and typed.record_key = repeated_keys.record_key
    ) as keyed

),

compared as (

    select
        keyed.*,
        {%- if clients is not none %}
        clients.client_id is not null as is_known_client,
        {%- for day in client_days(columns) %}
        clients.{{ day }},
        {%- endfor %}
        {%- endif %}
        coalesce(repeated_rows.is_duplicate, false) as is_duplicate,
        coalesce(repeated_rows.is_in_conflict, false) as is_in_conflict
    from (
        {{ keyed_rows(rules, columns, landed_rows, settings) }}
    ) as keyed
    -- No two rows of a file begin on one line.
    left join repeated_rows on keyed.load_id = repeated_rows.load_id and keyed.source_line = repeated_rows.source_line
    {%- if clients is not none %}
    left join {{ clients }} as clients on keyed.client_id = clients.client_id
    {%- endif %}

),

judged as (

    select
        compared.*,
        concat(
            {%- for column in columns if not column.is_kept %}
            {{ column_findings(column) }}
            {%- endfor %}
            {%- if rules.get("known_client") == "reject" %}
            case when client_id is not null and not is_known_client then 'client_id:unknown_client;' else '' end,
            {%- endif %}
            {{ door_finding("row") }},
            case when is_in_conflict then '{{ rules.key[0] }}:conflicting_duplicate;' else '' end
        ) as reject_reasons,
        concat(
            {%- for column in columns if column.is_kept %}
            {{ column_findings(column) }}
            {%- endfor %}
            {%- for column in columns if column.rules.get("on_unmapped") %}
            case when {{ column.name }}_is_unlisted then '{{ column.name }}:not_in_list;' else '' end,
            {%- endfor %}
            {%- if rules.get("known_client") == "warn" %}
            case when client_id is not null and not is_known_client then 'client_id:orphan;' else '' end,
            {%- endif %}
            ''
        ) as kept_findings
    from compared

),

emptied as (

    select
        load_id,
        extract_date,
        source_file,
        source_line,
        record_key,
        is_duplicate,
        reject_reasons,
        kept_findings
        {%- for column in columns %},
        {% if column.is_kept -%}
        case when instr(concat(';', kept_findings), ';{{ column.name }}:') = 0 then {{ column.name }} end as {{ column.name }},
        {%- else -%}
        {{ column.name }},
        {%- endif %}
        {{ column.name }}_as_given
        {%- endfor %}
    from judged

)

select
    load_id,
    extract_date,
    source_file,
    source_line,
    record_key,
    is_duplicate,
    reject_reasons,
    kept_findings
    {%- for column in columns %},
    {{ column.name }},
    {% if column.rules.get("identifying") -%}
    cast(null as string) as {{ column.name }}_as_given
    {%- else -%}
    case when coalesce(reject_reasons, kept_findings) is not null then {{ column.name }}_as_given end as {{ column.name }}_as_given
    {%- endif %}
    {%- endfor %}
from (
    select
        load_id,
        extract_date,
        source_file,
        source_line,
        record_key,
        is_duplicate,
        nullif(
            concat(
                reject_reasons,
                {%- for rule in rules.get("rules", []) %}
                {#- A cell that is bad in itself is told once. #}
                case when instr(concat(';', reject_reasons, kept_findings), ';{{ rule.column }}:') = 0 and ({{ rule.breaks }})
                    then '{{ rule.column }}:{{ rule.reason }};' else '' end,
                {%- endfor %}
                ''
            ),
            ''
        ) as reject_reasons,
        nullif(kept_findings, '') as kept_findings
        {%- for column in columns %},
        {{ column.name }},
        {{ column.name }}_as_given
        {%- endfor %}
    from emptied
) as told
    {%- endif -%}
    {%- endif -%}
{% endmacro %}

-- The cells of a column that differ, each cleaned and typed once: a file of a million rows has some hundreds of different
-- days, scores and words. References are left out: nearly all of them differ.
-- Columns: cell (as landed), as_given, text (none where it is a word for missing), value; of a list whose other values
-- count as not known, whether it lacks this one. Days are typed for all exports at once (base_dates).
{% macro cells(column, landed_rows, settings, spellings, export) %}
    select
        cells.cell,
        cells.as_given,
        cells.text,
        {{ typed_value(column) }} as value
        {%- if column.rules.get("on_unmapped") %},
        cells.text is not null
        and spelling.value is null
        and {{ comparable("cells.text") }} not in ({{ quoted(column.rules.allowed) }}) as is_unlisted
        {%- endif %}
    from (
        select
            cell,
            as_given,
            {{ without_missing("as_given", column) }} as text
        from (
            select
                cell,
                {{ clean_text("cell") }} as as_given
            from (
                select distinct landed.{{ column.name }} as cell
                {{ landed_rows }}
                where landed.{{ column.name }} is not null
            ) as landed_cells
        ) as cleaned_cells
    ) as cells
    {%- if column.rules.get("doubled_unless") %}
    cross join {{ settings }} as settings
    {%- endif %}
    {%- if column.is_coded %}
    left join {{ spellings }} as spelling
        on spelling.export = '{{ export }}'
        and spelling.column_name = '{{ column.name }}'
        and spelling.spelling = {{ comparable("cells.text") }}
    {%- endif %}
{%- endmacro %}

-- The different cells of every date column of every known load, cleaned: load_id, export, column_name, cell (as landed),
-- as_given, text (none where it is a word for missing), holds_first_days (of months), row_count. `landed_tables` are the
-- exports' tables by their names.
{% macro date_cells(landed_tables, ledger) %}
    {%- set selects = [] -%}
    {%- if execute -%}
    {%- for export, landed in landed_tables.items() if ever_came(landed) -%}
        {%- for column in contract_columns(export_contract(export)) if column.rules.type == "date" -%}
            {%- set cells_of_column %}
    select
        load_id,
        '{{ export }}' as export,
        '{{ column.name }}' as column_name,
        cell,
        as_given,
        {{ without_missing("as_given", column) }} as text,
        {{ "true" if column.rules.get("first_days") else "false" }} as holds_first_days,
        row_count
    from (
        select
            landed.load_id,
            landed.{{ column.name }} as cell,
            {{ clean_text("landed." ~ column.name) }} as as_given,
            count(*) as row_count
        {{ known_rows(landed, ledger) }}
        where landed.{{ column.name }} is not null
        group by
            landed.load_id,
            landed.{{ column.name }}
    ) as cells
            {%- endset -%}
            {%- do selects.append(cells_of_column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- endif -%}
    {{ (selects or [no_date_cells()]) | join("\n    union all\n") }}
{%- endmacro %}

{% macro no_date_cells() %}
    select
        cast(null as string) as load_id,
        cast(null as string) as export,
        cast(null as string) as column_name,
        cast(null as string) as cell,
        cast(null as string) as as_given,
        cast(null as string) as text,
        false as holds_first_days,
        0 as row_count
    where 1 = 0
{%- endmacro %}

-- The landed rows with these columns typed, and with the key of the record, NULL where a part that must be there is missing.
{% macro keyed_rows(rules, columns, landed_rows, settings) %}
    {%- set key_parts = [] -%}
    {%- for name in rules.key -%}{%- do key_parts.append("coalesce(cast(typed." ~ name ~ " as string), '')") -%}{%- endfor -%}
    select
        typed.*,
        case
            when {% for column in columns if column.name in rules.key and column.rules.required %}typed.{{ column.name }} is not null{{ " and " if not loop.last }}{% endfor %}
                then concat({{ key_parts | join(", '|', ") }})
        end as record_key
    from (
        select
            ledger.extract_date,
            landed.load_id,
            landed.source_file,
            landed.source_line,
            concat(';', coalesce(landed.door_findings, ''), ';') as door_findings,
            settings.programme_start
            {%- for column in columns %},
            {%- set name = column.name %}
            {%- if column.is_looked_up %}
            {{ name }}_cells.as_given as {{ name }}_as_given,
            {{ name }}_cells.text as {{ name }}_text,
            {{ name }}_cells.value as {{ name }}
            {%- if column.rules.type == "date" %},
            {{ name }}_cells.is_month_first as {{ name }}_is_month_first
            {%- endif %}
            {%- if column.rules.get("on_unmapped") %},
            coalesce({{ name }}_cells.is_unlisted, false) as {{ name }}_is_unlisted
            {%- endif %}
            {%- else %}
            {#- What the door made of a reference has no spaces. #}
            {%- set as_given = "landed." ~ name if column.rules.get("door") else clean_text("landed." ~ name) %}
            {{ as_given }} as {{ name }}_as_given,
            {{ without_missing(as_given, column) }} as {{ name }}_text,
            {{ without_missing(as_given, column) }} as {{ name }}
            {%- endif %}
            {%- endfor %}
        {{ landed_rows }}
        cross join {{ settings }} as settings
        {%- for column in columns if column.is_looked_up %}
        left join {{ column.name }}_cells
            on landed.{{ column.name }} = {{ column.name }}_cells.cell
            {%- if column.rules.type == "date" %} and landed.load_id = {{ column.name }}_cells.load_id{% endif %}
        {%- endfor %}
    ) as typed
{%- endmacro %}

-- The rows of landing that belong to a known load, as `landed` and `ledger`.
{% macro known_rows(landed, ledger) %}
    from {{ landed }} as landed
    inner join {{ ledger }} as ledger on landed.load_id = ledger.load_id and ledger.load_number is not null
{%- endmacro %}

{% macro ever_came(landed) %}
    {{ return(run_query("select 1 as landed_row from " ~ landed ~ " limit 1").rows | length > 0) }}
{% endmacro %}

-- A text, or NULL where it is one of the column's words for missing.
{% macro without_missing(text, column) -%}
    {%- if column.rules.get("missing") -%}
        case when lower({{ text }}) in ({{ quoted(column.rules.missing) | lower }}) then null else {{ text }} end
    {%- else -%}
        {{ text }}
    {%- endif -%}
{%- endmacro %}

-- The empty result of an export that never came: to plan all the rules for no rows would cost more than anything else.
{% macro no_typed_rows(landed, columns) %}
    {%- set types = {"date": "date", "decimal": "decimal(12, 2)", "number": "decimal(12, 2)", "integer": "integer"} %}
select
    load_id,
    extract_date,
    source_file,
    source_line,
    cast(null as string) as record_key,
    cast(null as boolean) as is_duplicate,
    cast(null as string) as reject_reasons,
    cast(null as string) as kept_findings
    {%- for column in columns %},
    cast(null as {{ "string" if column.rules.get("door") else types.get(column.rules.type, "string") }}) as {{ column.name }},
    cast(null as string) as {{ column.name }}_as_given
    {%- endfor %}
from {{ landed }}
where 1 = 0
{%- endmacro %}

-- The columns of a contract as landing has them: name, rules, is_coded (values are compared with lists),
-- is_kept (a bad cell is emptied and the row stays), is_looked_up (each different cell is typed once).
{% macro contract_columns(contract) %}
    {%- set columns = [] -%}
    {%- for column in contract.columns.values() -%}
        {%- set rules = column.config.meta -%}
        {%- do columns.append({
            "name": "age_band" if rules.get("door") == "age_band" else column.name,
            "rules": rules,
            "is_coded": "allowed" in rules,
            "is_kept": rules.get("on_error") == "blank",
            "is_looked_up": rules.type != "identifier",
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

-- The expression that types one cell of the relation `cells`. What the door made (pseudonyms, age bands) is taken as it is, and so are
-- references: words that stand for none, and numbers that a spreadsheet rounded, were found at the door.
{% macro typed_value(column) -%}
    {%- set text = "cells.text" -%}
    {%- set type = column.rules.type -%}
    {%- if column.rules.get("door") or type in ("text_code", "text", "identifier") -%} {{ text }}
    {%- elif column.is_coded -%}
        case
            when {{ comparable(text) }} in ({{ quoted(column.rules.allowed) }}) then {{ comparable(text) }}
            when spelling.value is not null then spelling.value
            {%- if column.rules.get("on_unmapped") %}
            when {{ text }} is not null then '{{ column.rules.on_unmapped }}'
            {%- endif %}
        end
    {%- elif type == "decimal" -%} {{ typed_decimal(text) }}
    {%- elif type == "number" -%} {{ typed_number(text, column.rules.get("max") == 100) }}
    {%- elif type == "integer" and column.rules.get("doubled_unless") -%}
        {{ typed_integer(text) }} * case when settings.{{ column.rules.doubled_unless }} then 1 else 2 end
    {%- elif type == "integer" -%} {{ typed_integer(text) }}
    {%- else -%} {{ exceptions.raise_compiler_error("Unknown type " ~ type ~ " of column " ~ column.name) }}
    {%- endif -%}
{%- endmacro %}

-- Every reason against one column's cell, as arguments of concat, each ending in a comma.
{% macro column_findings(column) %}
    {%- set name = column.name -%}
    {%- set text = name ~ "_text" -%}
    {%- set rules = column.rules -%}
    {%- set type = rules.type -%}
    {%- set door_name = "birth_year" if name == "age_band" else name -%}
    {%- set untold = "instr(door_findings, ';" ~ door_name ~ ":') = 0 and instr(door_findings, ';row:') = 0" %}
            {{ door_finding(door_name) }},
    {%- if rules.get("required") %}
            case when {{ text }} is null and {{ untold }} then '{{ name }}:missing;' else '' end,
    {%- endif -%}
    {%- for other, values in rules.get("required_when", {}).items() %}
            case when {{ text }} is null and {{ untold }} and {{ other }} in ({{ quoted(values) }})
                then '{{ name }}:needed_for_{{ other }};' else '' end,
    {%- endfor -%}
    {%- if type == "date" %}
            case when {{ text }} is null or {{ name }} is not null or not ({{ untold }}) then ''
                when {{ name }}_is_month_first then '{{ name }}:month_first;'
                else '{{ name }}:not_a_date;' end,
    {%- elif type in ("decimal", "number", "integer") and not rules.get("door") %}
            case when {{ text }} is not null and {{ name }} is null and {{ untold }}
                then '{{ name }}:{{ {"decimal": "not_an_amount", "number": "not_a_number", "integer": "not_a_whole_number"}[type] }};'
                else '' end,
    {%- elif type in ("text_code", "text") %}
            case when length({{ text }}) > {{ rules.max_length }} then '{{ name }}:{{ "text_too_long" if type == "text" else "too_long" }};' else '' end,
    {%- elif column.is_coded and not rules.get("on_unmapped") %}
            case when {{ text }} is not null and {{ name }} is null and {{ untold }} then '{{ name }}:not_in_list;' else '' end,
    {%- endif -%}
    {%- if "min" in rules %}
            case when {{ name }} < {{ rules.min }} then '{{ name }}:below_minimum;' else '' end,
    {%- endif -%}
    {%- if "max" in rules %}
            case when {{ name }} > {{ rules.max }} then '{{ name }}:above_maximum;' else '' end,
    {%- endif -%}
    {%- if "multiple_of" in rules %}
            case when {{ name }} % {{ rules.multiple_of }} <> 0 then '{{ name }}:not_a_multiple_of_{{ rules.multiple_of }};' else '' end,
    {%- endif -%}
    {%- for other in not_before(rules) %}
            case when {{ name }} < {{ other }} then '{{ name }}:before_{{ other }};' else '' end,
    {%- endfor -%}
    {%- if rules.get("not_after") %}
            case when {{ name }} > {{ rules.not_after }} then '{{ name }}:after_{{ rules.not_after }};' else '' end,
    {%- endif -%}
{% endmacro %}

-- What ingestion found out about a cell at the door, or about the whole row (its field count is wrong, say).
{% macro door_finding(name) -%}
    case when instr(door_findings, ';{{ name }}:') > 0
                then concat('{{ name }}:', split_part(split_part(door_findings, ';{{ name }}:', 2), ';', 1), ';') else '' end
{%- endmacro %}

-- Names in not_before that are neither a column of the export nor a setting: days that `clients` knows.
{% macro client_days(columns) %}
    {%- set days = [] -%}
    {%- for column in columns -%}
        {%- for name in not_before(column.rules) if name != "programme_start" and name not in columns | map(attribute="name") -%}
            {%- if name not in days -%}{%- do days.append(name) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(days) }}
{% endmacro %}

{% macro not_before(rules) %}
    {%- set names = rules.get("not_before", []) -%}
    {{ return([names] if names is string else names) }}
{% endmacro %}

-- Values of a contract as SQL literals.
{% macro quoted(values) -%}
    {%- for value in values -%}'{{ value | string | replace("'", "''") }}'{{ ", " if not loop.last }}{%- endfor -%}
{%- endmacro %}

-- From one cleaned text to one typed value. NULL where the text has none of the declared forms: never an error, so
-- that no message quotes a cell. type_rows (type_rows.sql) names the reasons.

-- Days: 2015-05-31, 20150531; 2015-05-31T23:30 (London) and with Z (UTC); 31/05/2015 and 31-05-2015, with a time or without;
-- 31/05/15, 31-May-15, 31 May 2015. Never month first, never a serial number.
-- `form` is the relation that says how the export is sent (stg_exports). Where it declares a form, that form and the
-- ISO ones above are read and nothing else; days and months may lack their zero, the year has four digits.
{% macro typed_date(text, pivot, form) -%}
    {%- set time = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?" -%}
    {%- set iso = "[0-9]{4}-[0-9]{2}-[0-9]{2}" -%}
    {%- set months = "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
        ~ "|oct(ober)?|nov(ember)?|dec(ember)?" -%}
    {%- set day_first = "replace(split_part(" ~ text ~ ", ' ', 1), '-', '/')" -%}
    {%- set day = "split_part(" ~ text ~ ", ' ', 1)" -%}
    {%- set year_part, month_part, day_part = "split_part(" ~ day ~ ", " ~ form ~ ".date_sign, " ~ form ~ ".year_part)",
        "split_part(" ~ day ~ ", " ~ form ~ ".date_sign, " ~ form ~ ".month_part)",
        "split_part(" ~ day ~ ", " ~ form ~ ".date_sign, " ~ form ~ ".day_part)" -%}
    {%- set named = "replace(lower(" ~ text ~ "), ' ', '-')" -%}
    {%- set named_month = "(instr('janfebmaraprmayjunjulaugsepoctnovdec', substr(split_part("
        ~ named ~ ", '-', 2), 1, 3)) + 2) / 3" -%}
    case
        when {{ has_form(text, iso) }} then try_cast({{ text }} as date)
        when {{ has_form(text, "[0-9]{8}") }}
            then try_cast(concat(substr({{ text }}, 1, 4), '-', substr({{ text }}, 5, 2), '-', substr({{ text }}, 7, 2)) as date)
        when {{ has_form(text, iso ~ "[T ]" ~ time) }}
            then cast(try_cast(replace({{ text }}, 'T', ' ') as timestamp) as date)
        when {{ has_form(text, iso ~ "[T ]" ~ time ~ "Z") }}
            then {{ london_day("try_cast(replace(replace(" ~ text ~ ", 'T', ' '), 'Z', '') as timestamp)") }}
        when {{ form }}.date_format is not null
            then case
                when
                    {{ has_form(text, "[0-9]+[/.-][0-9]+[/.-][0-9]+( " ~ time ~ ")?") }}
                    and translate({{ day }}, '0123456789', '') = concat({{ form }}.date_sign, {{ form }}.date_sign)
                    and length({{ year_part }}) = 4 and length({{ month_part }}) <= 2 and length({{ day_part }}) <= 2
                    then try_cast(concat(
                        {{ year_part }}, '-', lpad({{ month_part }}, 2, '0'), '-', lpad({{ day_part }}, 2, '0')
                    ) as date)
            end
        when {{ has_form(text, "[0-9]{1,2}(/[0-9]{1,2}/|-[0-9]{1,2}-)([0-9]{2}|[0-9]{4})( " ~ time ~ ")?") }}
            then try_cast(concat(
                {{ four_digit_year("split_part(" ~ day_first ~ ", '/', 3)", pivot) }}, '-',
                lpad(split_part({{ day_first }}, '/', 2), 2, '0'), '-',
                lpad(split_part({{ day_first }}, '/', 1), 2, '0')
            ) as date)
        when {{ has_form(named, "[0-9]{1,2}-(" ~ months ~ ")-([0-9]{2}|[0-9]{4})") }}
            then try_cast(concat(
                {{ four_digit_year("split_part(" ~ named ~ ", '-', 3)", pivot) }}, '-',
                lpad(cast(cast(floor({{ named_month }}) as integer) as string), 2, '0'), '-',
                lpad(split_part({{ named }}, '-', 1), 2, '0')
            ) as date)
    end
{%- endmacro %}

-- Of dates in figures without a declared form: which of day and month stands first, where only one of them can.
-- In a column of first days of months that is told by any month but January too.
{% macro is_month_first(text, holds_first_days) -%}
    {%- set rest = "[/-][0-9]{2,4}.*" -%}
    ({{ has_form(text, "(0?[1-9]|1[0-2])[/-](1[3-9]|2[0-9]|3[01])" ~ rest) }}
        or ({{ holds_first_days }} and {{ has_form(text, "(0?[2-9]|1[0-2])[/-]0?1" ~ rest) }}))
{%- endmacro %}

{% macro is_day_first(text, holds_first_days) -%}
    {%- set rest = "[/-][0-9]{2,4}.*" -%}
    ({{ has_form(text, "(1[3-9]|2[0-9]|3[01])[/-](0?[1-9]|1[0-2])" ~ rest) }}
        or ({{ holds_first_days }} and {{ has_form(text, "0?1[/-](0?[2-9]|1[0-2])" ~ rest) }}))
{%- endmacro %}

{% macro could_be_either_order(text) -%}
    {{ has_form(text, "(0?[1-9]|1[0-2])[/-](0?[1-9]|1[0-2])[/-][0-9]{2,4}.*") }}
{%- endmacro %}

-- Two digits below the pivot are 20xx, the others 19xx.
{% macro four_digit_year(digits, pivot) -%}
    case
        when length({{ digits }}) = 4 then {{ digits }}
        when try_cast({{ digits }} as integer) < {{ pivot }} then concat('20', {{ digits }})
        else concat('19', {{ digits }})
    end
{%- endmacro %}

-- A number that is no money: 62.5, or 62.5% where the number is per cent (a share of a post is not: 1% would be a whole one).
{% macro typed_number(text, is_percent) -%}
    case when {{ has_form(text, "-?[0-9]{1,9}([.][0-9]{1,2})?" ~ (" ?%?" if is_percent else "")) }} then try_cast(replace(replace({{ text }}, '%', ''), ' ', '') as decimal(12, 2)) end
{%- endmacro %}

-- Pounds and pence: 1234.5, £1,234.50, -50, (45.00). Thousands by commas in threes, at most two decimals.
{% macro typed_decimal(text) -%}
    {%- set figure = "([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]{1,2})?" -%}
    case
        when {{ has_form(text, "(-?£? ?|£-)" ~ figure ~ "|[(]£?" ~ figure ~ "[)]") }}
            then try_cast(concat(
                case when {{ text }} like '(%' or {{ text }} like '%-%' then '-' else '' end,
                translate({{ text }}, '£,()- ', '')
            ) as decimal(12, 2))
    end
{%- endmacro %}

-- Whole numbers; 5.0 too, which spreadsheets make of 5.
{% macro typed_integer(text) -%}
    case when {{ has_form(text, "-?[0-9]{1,9}([.]0+)?") }} then try_cast(split_part({{ text }}, '.', 1) as integer) end
{%- endmacro %}

-- How a coded value is compared with the lists: case, spaces and hyphens do not matter.
{% macro comparable(text) -%}
    lower(replace(replace({{ text }}, ' ', '_'), '-', '_'))
{%- endmacro %}

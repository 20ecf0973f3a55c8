"""The least that the core tables can cost: one script for DuckDB, by hand, without checks and reasons.

It reads the same landed Parquet as the dbt project and makes the same tables, row for row, of files without
any fault: what the product takes longer is the price of looking for faults. It knows the shape of the
invented exports (no linked references, no drafts, one extract of each) and is of no use for others.
"""

from pathlib import Path

import duckdb

from dagster_project.settings import Settings

_AREAS = [f"area_{number}" for number in range(1, 11)]
_ITEMS = [f"item_{number}" for number in range(1, 11)]
_NEEDS = {
    "need_supported_housing": "supported_housing",
    "need_criminal_justice": "criminal_justice",
    "need_substance_misuse": "substance_misuse",
    "need_mental_health": "mental_health",
    "need_primary_health_care": "primary_health_care",
}


def _day(column: str) -> str:
    return f"cast(try_strptime({column}, '%d/%m/%Y') as date)"


def _code(column: str) -> str:
    return f"lower({column})"


# By the name of the mart that holds the same rows and columns.
TABLES = {
    "fct_referrals": f"""
        select
            referral_id as referral_key,
            client_id as client_key,
            {_day("received_date")} as received_date,
            {_code("referrer_sector")} as referrer_sector,
            {_code("borough")} as borough,
            decision,
            {_day("decision_date")} as decision_date,
            {_day("feedback_date")} as feedback_date,
            {" + ".join(f"cast({need} = 'yes' as integer)" for need in _NEEDS)} as domain_count,
            {" + ".join(f"cast({need} is null as integer)" for need in _NEEDS)} as domains_unknown
        from landed('referrals')
    """,
    "fct_episodes": f"""
        with referrals as (
            select client_key, referral_key, received_date, domain_count, domains_unknown from fct_referrals
        ),
        episodes as (select * replace ({_day("start_date")} as start_date) from landed('caseload'))
        select
            episode_id as episode_key,
            episodes.client_id as client_key,
            referrals.referral_key,
            start_date,
            {_day("end_date")} as end_date,
            {_day("allocated_date")} as allocated_date,
            {_day("first_contact_date")} as first_contact_date,
            episodes.destination,
            destinations.cohort_status as cohort_status_at_end,
            {_code("borough")} as borough,
            sex,
            age_band,
            ethnicities.ethnicity_group,
            cast(referrals.domain_count as varchar) as domain_count,
            referrals.domain_count as domains_evidenced,
            year(start_date) || case when month(start_date) <= 6 then '-H1' else '-H2' end as start_cohort,
            eligibility_override_reason,
            false as is_consent_withdrawn,
            lead_worker_id as lead_worker_key,
            second_worker_id as second_worker_key,
            third_worker_id as third_worker_key
        from episodes
        inner join referrals
            on episodes.client_id = referrals.client_key and referrals.received_date <= episodes.start_date
        left join seed('destinations') as destinations on episodes.destination = destinations.destination
        left join seed('ethnicity_groups') as ethnicities on episodes.ethnicity = ethnicities.ethnicity
    """,
    "fct_star_readings": f"""
        with readings as (
            select
                client_id,
                star_version,
                {_day("completed_date")} as completed_date,
                completed_by,
                status,
                {", ".join(f"cast({area} as integer) as {area}" for area in _AREAS)}
            from landed('outcome_stars')
        )
        select
            concat(client_id, '|', star_version, '|', completed_date, '|', completed_by) as reading_key,
            client_id as client_key,
            star_version,
            completed_date,
            completed_by,
            status,
            row_number() over (
                partition by client_id, star_version, completed_date
                order by case completed_by when 'together' then 1 else 2 end
            ) = 1 as is_valid,
            {" + ".join(f"cast({area} is not null as integer)" for area in _AREAS)} as areas_scored,
            {", ".join(_AREAS)}
        from readings
    """,
    "fct_star_scores": " union all ".join(
        f"""
        select
            reading_key, client_key, star_version, completed_date,
            '{area}' as star_area, {area} as score, cast(ceil({area} / 2.0) as integer) as stage
        from fct_star_readings where is_valid and {area} is not null
        """
        for area in _AREAS
    ),
    "fct_ndta": f"""
        with assessments as (
            select
                client_id,
                {_day("assessed_date")} as assessed_date,
                {", ".join(f"cast({item} as integer) as {item}" for item in _ITEMS)}
            from landed('ndta')
        )
        select
            concat(client_id, '|', assessed_date) as assessment_key,
            client_id as client_key,
            assessed_date,
            row_number() over (partition by client_id, assessed_date) = 1 as is_valid,
            {" + ".join(f"cast({item} is not null as integer)" for item in _ITEMS)} as items,
            {" + ".join(_ITEMS)} as total,
            {", ".join(_ITEMS)}
        from assessments
    """,
    "fct_ndta_scores": " union all ".join(
        f"""
        select assessment_key, client_key, assessed_date, '{item}' as item, {item} as score
        from fct_ndta where is_valid and {item} is not null
        """
        for item in (*_ITEMS, "total")
    ),
    "fct_budget_lines": f"""
        with lines as (
            select
                line_id as line_key,
                client_id as client_key,
                status,
                {_day("requested_date")} as requested_date,
                {_day("agreed_date")} as agreed_date,
                {_day("paid_date")} as paid_date,
                cast(amount as decimal(12, 2)) as amount,
                category
            from landed('personal_budget')
        )
        select lines.*, coalesce(episodes.borough, 'not_known') as borough
        from lines
        asof left join (select client_key, start_date, borough from fct_episodes) as episodes
            on lines.client_key = episodes.client_key and lines.paid_date >= episodes.start_date
    """,
    "fct_contacts": f"""
        select
            contact_id as contact_key,
            client_id as client_key,
            {_day("contact_date")} as contact_date,
            result,
            setting,
            worker_id as worker_key,
            peer_mentor_present
        from landed('contacts')
    """,
}
# Columns that the script carries from one table to the next, which the mart does not have.
CARRIED = {"fct_star_readings": _AREAS, "fct_ndta": _ITEMS}


def build_floor(settings: Settings, file: Path, temporary: Path) -> None:
    """Make the core tables in the new DuckDB file `file`, with the memory that the settings allow."""
    landing = str(settings.landing).replace("'", "''")
    seeds = str(settings.common_seeds_dir).replace("'", "''")
    with duckdb.connect(str(file)) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set temp_directory = $folder", {"folder": str(temporary)})
        connection.execute("set threads = 1")
        connection.execute("set memory_limit = $limit", {"limit": settings.memory_limit})
        connection.execute(
            "create macro landed(export) as table"
            f" from read_parquet('{landing}/' || export || '/*-*.parquet')"
        )
        connection.execute(f"create macro seed(name) as table from read_csv('{seeds}/' || name || '.csv')")
        for name, query in TABLES.items():
            connection.execute(f"create table {name} as {query}")


def rows_that_differ(settings: Settings, file: Path) -> tuple[int, int]:
    """The rows of the script's tables, and how many of them and of the warehouse's marts have no equal."""
    rows = different = 0
    with duckdb.connect() as connection:
        for name, path in (("floor", file), ("warehouse", settings.warehouse)):
            connection.execute(f"attach '{str(path).replace(chr(39), 2 * chr(39))}' as {name} (read_only)")
        for table in TABLES:
            made = connection.execute(f"describe floor.{table}").fetchall()
            columns = ", ".join(name for name, *_ in made if name not in CARRIED.get(table, ()))
            # A sum of hashes, and no difference of sets: that would need as much memory again as the tables.
            sums = [
                connection.execute(
                    f"select count(*), sum(cast(hash({columns}) as hugeint)) from {of}.{table}"
                ).fetchall()[0]
                for of in ("floor", "warehouse.marts")
            ]
            rows += sums[0][0]
            if sums[0] != sums[1]:
                by_hand, mart = (f"select {columns} from {of}.{table}" for of in ("floor", "warehouse.marts"))
                [(count,)] = connection.execute(
                    f"select count(*) from (({by_hand} except all {mart})"
                    f" union all ({mart} except all {by_hand}))"
                ).fetchall()
                different += count
    return rows, different

-- Closed quarters in which personal budget lines and the ledger differ. The two come from different systems, so a row here,
-- a quarter, is to be explained and stops nothing.
{{ config(severity='warn', tags=['about_nobody']) }}

select quarter_start
from {{ ref('fct_ledger_reconciliation') }}
where difference_gbp <> 0

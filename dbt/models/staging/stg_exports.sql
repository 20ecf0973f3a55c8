-- The exports that the contract knows, whether one ever came or not.
{{ contracted_exports() }}

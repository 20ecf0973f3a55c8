"""What leaves for funders, evaluators and the partnership's group: packs made from a frozen release."""

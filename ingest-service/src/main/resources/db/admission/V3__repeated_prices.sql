-- Each import of a price list added all of its prices again. A price that says what the one before it
-- said, while both still hold, changes nothing but the memory of every process that reads it.
DELETE FROM admission.prices p USING (
  SELECT price_id,
    definition -> 'unit_prices' = lag(definition -> 'unit_prices') OVER earlier
      AND valid_until IS NULL
      AND lag(valid_until) OVER earlier IS NULL
      AND coalesce(valid_from, 'epoch') >= coalesce(lag(valid_from) OVER earlier, 'epoch') AS repeated
  FROM admission.prices
  WHERE tenant_id IS NOT NULL
  WINDOW earlier AS (PARTITION BY tenant_id, provider, lower(model) ORDER BY price_id)
) AS seen
WHERE seen.price_id = p.price_id AND seen.repeated;

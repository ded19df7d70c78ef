-- Beds given out of order, and respite stays with a first day.

ALTER TABLE beds_applications ADD COLUMN stay_from date;        -- first day of a respite stay, when it has one
ALTER TABLE beds_offers ADD COLUMN override_reason text;        -- coded; of an offer made out of order (lane 'override')

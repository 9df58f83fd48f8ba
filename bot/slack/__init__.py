"""Everything about sending to Slack in one place: cards, delivery, pacing, webhooks, preview."""

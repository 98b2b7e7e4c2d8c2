package doctor

import (
	"context"
	"slices"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

// rowSecurity: a table of users without it, or with it and without a policy, shows the role of the application
// everything or nothing.
func (v *visit) rowSecurity(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	open, err := texts(ctx, db.Queries(), `SELECT c.relname FROM pg_catalog.pg_class c
		WHERE c.relnamespace IN `+store.OurSchemas+` AND c.relkind = 'r'
		AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped)
		AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)) ORDER BY 1`)
	if err != nil {
		return Result{}, err
	}
	if len(open) > 0 {
		return warn("axisor migrate verify --fix --yes", "%s of users without row security or without a policy: %s",
			words.Count(len(open), "table"), some(open)), nil
	}
	roles, err := db.Roles(ctx)
	if err != nil {
		return Result{}, err
	}
	for _, r := range roles {
		if r.Secrets > 0 {
			return fail("axisor db roles create", "the role %s may read %s with secrets", r.Name, words.Count(r.Secrets, "column")), nil
		}
	}
	return good("every table of users has it, with a policy"), nil
}

// monitors: the web application adds margin for automations of the type margin_guard, and would add it beside this guard.
func (v *visit) monitors(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	twice, err := db.TwiceGuarded(ctx)
	if err != nil {
		return Result{}, err
	}
	if len(twice) > 0 {
		return warn("axisor automation disable --user "+word(twice[0])+" --type margin_guard",
			"the web application's monitor and this guard may both add margin, for %s with an active automation margin_guard: %s",
			words.Count(len(twice), "user"), some(twice)), nil
	}
	return good("nobody has an automation margin_guard beside this guard"), nil
}

// emails: the unique key tells A@b.co and a@b.co apart, and a login by address may then open either.
func (v *visit) emails(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	// Addresses are unique as they are written, so of two that differ in case one has a capital; that column is read
	// once, and the index on the lower-case form finds the other.
	twice, err := texts(ctx, db.Queries(), `SELECT DISTINCT lower(u.email) FROM "User" u WHERE u.email <> lower(u.email)
		AND EXISTS (SELECT FROM "User" o WHERE lower(o.email) = lower(u.email) AND o.id <> u.id) ORDER BY 1`)
	if err != nil {
		return Result{}, err
	}
	if len(twice) > 0 {
		return fail("axisor user list --search "+word(twice[0]),
			"%s in more than one spelling: %s", words.Count(len(twice), "address"), some(twice)), nil
	}
	return good("no address twice in different case"), nil
}

// paidPlans: the web application's hook may mark a payment paid and then fail to change the plan.
func (v *visit) paidPlans(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	found, err := db.ReconcilePlans(ctx) // the one rule: what an operator decided afterwards counts
	if err != nil {
		return Result{}, err
	}
	var lower []string
	for _, f := range found {
		if f.Finding == store.PlanBelowPaid {
			lower = append(lower, f.Username)
		}
	}
	slices.Sort(lower)
	if len(lower) > 0 {
		return warn("axisor plan reconcile",
			"%s with a lower plan than was paid: %s", words.Count(len(lower), "user"), some(lower)), nil
	}
	return good("nobody has less than was paid"), nil
}

// limits: -1 means unlimited; a plan without limits has the design's defaults.
func (v *visit) limits(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	// Whoever has no more than the smallest plan allows is left out before anything is joined.
	over, err := texts(ctx, db.Queries(), `WITH least AS (
			SELECT LEAST(1, min(max_exchange_accounts) FILTER (WHERE max_exchange_accounts >= 0)) AS accounts,
				LEAST(5, min(max_automations) FILTER (WHERE max_automations >= 0)) AS automations FROM "PlanLimits"),
		used AS (
			SELECT user_id, sum(accounts) AS accounts, sum(automations) AS automations FROM (
				SELECT user_id, count(*) AS accounts, 0 AS automations FROM "UserExchangeAccounts" GROUP BY user_id
					HAVING count(*) > (SELECT accounts FROM least)
				UNION ALL SELECT user_id, 0, count(*) FROM "Automation" GROUP BY user_id
					HAVING count(*) > (SELECT automations FROM least)) each GROUP BY user_id)
		SELECT u.username FROM used JOIN "User" u ON u.id = used.user_id
		LEFT JOIN "Plan" p ON p.slug = u.plan_type::text LEFT JOIN "PlanLimits" l ON l.plan_id = p.id
		WHERE COALESCE(l.max_exchange_accounts, 1) >= 0 AND used.accounts > COALESCE(l.max_exchange_accounts, 1)
		OR COALESCE(l.max_automations, 5) >= 0 AND used.automations > COALESCE(l.max_automations, 5) ORDER BY 1`)
	if err != nil {
		return Result{}, err
	}
	if len(over) > 0 {
		return warn("axisor plan usage "+word(over[0]), "%s over the limits of the plan: %s",
			words.Count(len(over), "user"), some(over)), nil
	}
	return good("nobody is over the limits of the plan"), nil
}

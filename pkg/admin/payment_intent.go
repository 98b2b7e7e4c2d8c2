package admin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// InvoiceInput describes an invoice to be asked of a node.
type InvoiceInput struct {
	User        string // id, e-mail or username
	Plan        string // slug
	AmountSats  int64  // 0 is the plan's price
	Description string // "" is made from the plan
	Expiry      time.Duration
	Backend     string // lnd or lnbits
	// IfNotExists accepts a pending payment of the user for this plan and amount that can still be paid.
	IfNotExists bool
}

// IntentPlan is an intent and whose it is. Earlier says that it was there before:
// the node was, or may have been, asked already.
type IntentPlan struct {
	Intent  models.PaymentIntent
	User    models.User
	Earlier bool
	// Pending is what IfNotExists found; there is no intent then.
	Pending *store.Payment
}

// PlanInvoice writes down that a node is about to be asked for an invoice. The
// node comes after: whatever happens to this program then, the intent says what
// to look for. A user has one open intent; an open one is returned instead.
func (s *Service) PlanInvoice(ctx context.Context, mode Mode, in InvoiceInput) (IntentPlan, error) {
	out := IntentPlan{}
	plan, err := models.ParsePlanType(in.Plan)
	if err != nil {
		return out, checkPlan(models.PlanType(in.Plan))
	}
	if plan == models.PlanFree {
		return out, &InputError{Field: "plan", Value: in.Plan, Rule: "nobody pays for the free plan"}
	}
	u, err := s.db.FindUser(ctx, in.User)
	if err != nil {
		return out, err
	}
	amount, err := s.priceOf(ctx, plan, in.AmountSats)
	if err != nil {
		return out, err
	}
	if seconds := int64(in.Expiry / time.Second); seconds < 1 || seconds > math.MaxInt32 {
		return out, &InputError{Field: "expiry", Rule: "it must be at least one second and at most 68 years"}
	}
	err = s.write(ctx, mode, func(t *txn) error {
		if out.User, err = t.db.UserByID(ctx, u.ID, true); err != nil {
			return err
		}
		open, err := t.db.OpenIntent(ctx, u.ID)
		if err != nil {
			return err
		}
		if open != nil {
			out.Intent, out.Earlier = *open, true
			return nil
		}
		if in.IfNotExists {
			if out.Pending, err = t.db.PendingPayment(ctx, u.ID, plan, amount, t.now); err != nil || out.Pending != nil {
				return err
			}
		}
		if !out.User.Active() {
			return &ConflictError{
				Kind: "user", Code: "user_disabled", Field: "is_active", Existing: u.ID,
				Message: fmt.Sprintf("user %s is not active", u.Email), Hint: "axisor user enable " + u.Email,
			}
		}
		if plan.Rank() < out.User.PlanType.Rank() {
			return &ConflictError{
				Kind: "payment", Code: "payment_downgrade", Field: "plan_type",
				Message: fmt.Sprintf("%s has the higher plan %s; an invoice for %s would take money for less", u.Email, out.User.PlanType, plan),
				Hint:    "axisor user set-plan changes a plan without a payment",
			}
		}
		row, err := in.intent(u.ID, plan, amount, t)
		if err != nil {
			return err
		}
		if err := t.db.CreateIntent(ctx, &row); err != nil {
			return err
		}
		out.Intent = row
		return t.audit(ctx, "payment.intent", "payment_intent", row.ID, &u.ID, nil, intentValues(row))
	})
	return out, err
}

// intent makes the row. The description carries a word of its own, by which the
// node's invoice is found again.
func (in InvoiceInput) intent(userID string, plan models.PlanType, amount int32, t *txn) (models.PaymentIntent, error) {
	text := in.Description
	if text == "" {
		text = "Axisor plan " + string(plan)
	}
	ref, err := newReference()
	if err != nil {
		return models.PaymentIntent{}, err
	}
	text += " [" + ref + "]"
	if len(text) > maxDescription || strings.ContainsRune(text, 0) {
		return models.PaymentIntent{}, &InputError{Field: "description", Rule: fmt.Sprintf("it has a NUL or is longer than %d bytes", maxDescription-len(ref)-3)}
	}
	actor := t.s.opts.Actor
	return models.PaymentIntent{
		UserID: userID, PlanType: plan, AmountSats: amount, ExpirySeconds: int32(in.Expiry / time.Second), Description: text,
		Backend: in.Backend, State: models.IntentPlanned, Actor: &actor, CreatedAt: t.now, UpdatedAt: t.now,
	}, nil
}

// priceOf is the stated amount, or the price of the plan's row.
func (s *Service) priceOf(ctx context.Context, plan models.PlanType, stated int64) (int32, error) {
	if stated != 0 {
		if stated < 1 || stated > math.MaxInt32 {
			return 0, &InputError{Field: "amount_sats", Rule: fmt.Sprintf("it must be between 1 and %d", math.MaxInt32)}
		}
		return int32(stated), nil
	}
	row, err := s.db.FindPlan(ctx, string(plan))
	if err != nil {
		return 0, err
	}
	if row.PriceSats < 1 {
		return 0, &InputError{Field: "amount_sats", Rule: fmt.Sprintf("plan %s has no price", plan), Hint: "say it with --amount-sats, or set the plan's price_sats"}
	}
	return row.PriceSats, nil
}

// CloseIntent ends an intent that leads to no payment.
func (s *Service) CloseIntent(ctx context.Context, mode Mode, intent models.PaymentIntent, state models.IntentState, reason string) error {
	return s.write(ctx, mode, func(t *txn) error {
		if err := t.db.CloseIntent(ctx, intent.ID, state, nil, text(reason), t.now); err != nil {
			return err
		}
		after := intent
		after.State, after.Error = state, text(reason)
		return t.audit(ctx, "payment.intent", "payment_intent", intent.ID, &intent.UserID, intentValues(intent), intentValues(after))
	})
}

// SetReconcileMark remembers how far a node's invoices were compared.
func (s *Service) SetReconcileMark(ctx context.Context, mode Mode, backend, address string, mark int64) error {
	return s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.ReconcileMark(ctx, backend, address)
		if err != nil || before >= mark {
			return err
		}
		if err := t.db.SetReconcileMark(ctx, backend, address, mark, t.now); err != nil {
			return err
		}
		return t.audit(ctx, "payment.reconcile", "lightning_node", backend+" "+address, nil, map[string]any{"mark": before}, map[string]any{"mark": mark})
	})
}

func intentValues(i models.PaymentIntent) map[string]any {
	return map[string]any{
		"id": i.ID, "user_id": i.UserID, "plan_type": i.PlanType, "amount_sats": i.AmountSats, "backend": i.Backend, "state": i.State,
		"description": i.Description, "error": i.Error,
	}
}

// newReference is a word that no other invoice of the node has in its description.
func newReference() (string, error) {
	var raw [6]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("make a reference: %w", err)
	}
	return "ref " + hex.EncodeToString(raw[:]), nil
}

package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// twinWindow is how far apart two payments may be and still be one purchase: a
// retry makes a new invoice and leaves the old one payable.
const twinWindow = 24 * time.Hour

// payable are the states in which money can still arrive: nobody cancels an invoice when its payment is given up.
var payable = []models.PaymentStatus{models.PaymentPending, models.PaymentExpired, models.PaymentFailed}

// SettleInput is the evidence that a payment was made.
type SettleInput struct {
	Source   models.PaymentSource
	Preimage string // hex; required for SourcePreimage
	// PaidAt is when the money came; zero is now. A node knows it.
	PaidAt       time.Time
	Backend      string // which node said so, for SourceNode
	ReceivedMsat *int64 // what it received
	// Late accepts a payment after its expiry, or after it was given up. It needs a reason. SourceForced implies it.
	Late bool
	// AllowDowngrade lets the payment's plan replace a dearer one.
	AllowDowngrade bool
}

// Settlement is a settled payment and what it did to its user.
type Settlement struct {
	store.Payment
	PlanBefore models.PlanType
	PlanAfter  models.PlanType
	Over       []OverLimit // what the user has more of than the new plan allows
}

// SettlePayment makes a payment paid, once: payment, plan, evidence and audit
// row in one transaction. A payment that is paid already with evidence that
// agrees is unchanged; any number of callers may try at the same time.
func (s *Service) SettlePayment(ctx context.Context, mode Mode, id string, in SettleInput) (Change[Settlement], error) {
	none := Change[Settlement]{}
	if err := in.check(mode); err != nil {
		return none, err
	}
	change := Change[Settlement]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		// The payment first, then its user: everybody who needs both locks them in this order.
		p, err := t.db.PaymentByID(ctx, id, true)
		if err != nil {
			return err
		}
		change.Before = &Settlement{Payment: p}
		if err := in.proves(p); err != nil {
			return err
		}
		u, err := t.db.UserByID(ctx, p.UserID, true)
		if err != nil {
			return err
		}
		change.Before.PlanBefore, change.Before.PlanAfter = u.PlanType, u.PlanType
		if p.Status.Canonical() == models.PaymentPaid {
			change.Status, change.After = words.Unchanged, change.Before
			return nil
		}
		change.After, err = t.settle(ctx, p, u, in)
		return err
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

func (t *txn) settle(ctx context.Context, p store.Payment, u models.User, in SettleInput) (*Settlement, error) {
	if !slices.Contains(payable, p.Status) {
		return nil, wrongState(p, "settled")
	}
	paidAt, late, err := t.timeOf(p, in)
	if err != nil {
		return nil, err
	}
	plan, twin, err := t.purchase(ctx, p, u, paidAt)
	if err != nil {
		return nil, err
	}
	if plan.Rank() < u.PlanType.Rank() && !in.AllowDowngrade {
		return nil, &ConflictError{
			Kind: "payment", Code: "payment_downgrade", Field: "plan_type", Existing: p.ID,
			Message: fmt.Sprintf("payment %s is for plan %s, and %s has the higher plan %s", p.ID, plan, u.Email, u.PlanType),
			Hint:    "add --allow-downgrade to give the user the cheaper plan",
		}
	}
	preimage := in.keep()
	changed, err := t.db.MarkPaid(ctx, p.ID, paidAt, preimage, t.now)
	if err != nil {
		return nil, err
	}
	if !changed {
		return nil, wrongState(p, "settled")
	}
	exceeded, err := t.planOfPayment(ctx, u, plan, p.ID, "payment.settle", "payment_settled")
	if err != nil {
		return nil, err
	}
	evidence := models.PaymentSettlement{
		PaymentID: p.ID, Source: in.Source, Late: late, DuplicateOf: text(twin), Backend: text(in.Backend),
		ReceivedMsat: in.ReceivedMsat, PlanBefore: text(string(u.PlanType)), PlanAfter: text(string(plan)),
		Reason: text(t.mode.Reason), Actor: text(t.s.opts.Actor), CreatedAt: t.now,
	}
	if err := t.db.CreateSettlement(ctx, &evidence); err != nil {
		return nil, err
	}
	after, err := t.db.PaymentByID(ctx, p.ID, false)
	if err != nil {
		return nil, err
	}
	values := PaymentValues(after)
	values["evidence"], values["late"], values["duplicate_of"] = in.Source, late, text(twin)
	values["user_plan"] = plan
	before := PaymentValues(p)
	before["user_plan"] = u.PlanType
	return &Settlement{Payment: after, PlanBefore: u.PlanType, PlanAfter: plan, Over: exceeded},
		t.audit(ctx, "payment.settle", "payment", p.ID, &u.ID, before, values)
}

// planOfPayment gives a user the plan that goes with a payment, and leaves the security row that user set-plan leaves. It
// returns what the user has more of than that plan allows. Nothing changes for who has the plan.
func (t *txn) planOfPayment(ctx context.Context, u models.User, plan models.PlanType, paymentID, by, reason string) ([]OverLimit, error) {
	if plan == u.PlanType {
		return nil, nil
	}
	if err := t.db.SetPlanOf(ctx, store.PlanStep{UserID: u.ID, From: u.PlanType, To: plan}, reason, t.now); err != nil {
		return nil, err
	}
	effects, err := t.planEffects(ctx, u.ID, plan)
	if err != nil {
		return nil, err
	}
	facts := map[string]any{"payment_id": paymentID, "by": by}
	maps.Copy(facts, planFacts(u.PlanType, plan, effects.Over))
	return effects.Over, t.security(ctx, planChanged, &u.ID, true, facts)
}

// purchase is the plan that a payment buys, and the payment that bought it before. One within a day is the same
// purchase, as long as the user has what it bought: this money has to go back, and the plan stays.
func (t *txn) purchase(ctx context.Context, p store.Payment, u models.User, paidAt time.Time) (models.PlanType, string, error) {
	if u.PlanType.Rank() < p.PlanType.Rank() {
		return p.PlanType, "", nil // whatever was paid before has no effect any more
	}
	twin, err := t.db.PaidTwin(ctx, p.Payment, paidAt, twinWindow)
	if err != nil || twin == "" {
		return p.PlanType, "", err
	}
	return u.PlanType, twin, nil
}

// check looks at the input alone.
func (in SettleInput) check(mode Mode) error {
	switch in.Source {
	case models.SourcePreimage, models.SourceNode:
	case models.SourceForced:
		if mode.Reason == "" {
			return &InputError{Field: "reason", Rule: "a payment without evidence needs a reason", Hint: `add --reason "…"`}
		}
	default:
		return &InputError{Field: "evidence", Rule: "there is none"}
	}
	if in.Late && mode.Reason == "" {
		return &InputError{Field: "reason", Rule: "a late payment needs a reason", Hint: `add --reason "…"`}
	}
	if in.Source == models.SourcePreimage || in.Preimage != "" {
		if raw, err := hex.DecodeString(in.Preimage); err != nil || len(raw) != 32 {
			return &InputError{Field: "preimage", Rule: "it must be 64 hex digits"}
		}
	}
	return nil
}

// keep is the preimage as the column holds it.
func (in SettleInput) keep() *string { return text(strings.ToLower(in.Preimage)) }

// proves compares the evidence with the payment's own invoice and row.
func (in SettleInput) proves(p store.Payment) error {
	if p.Status.Canonical() == models.PaymentPaid && in.Source == models.SourceForced {
		return nil // already what is claimed
	}
	if in.Preimage != "" {
		hash, err := hashOf(p)
		if err != nil {
			return err
		}
		raw, _ := hex.DecodeString(in.Preimage) // checked before
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != hash {
			return &ConflictError{
				Kind: "payment", Code: "preimage_mismatch", Field: "preimage", Existing: p.ID,
				Message: fmt.Sprintf("this preimage does not belong to payment %s: its SHA-256 is not the payment hash %s", p.ID, hash),
				Hint:    "axisor payment show " + p.ID,
			}
		}
	}
	if in.ReceivedMsat != nil && *in.ReceivedMsat < int64(p.AmountSats)*1000 {
		return &ConflictError{
			Kind: "payment", Code: "payment_short", Field: "amount_sats", Existing: p.ID,
			Message: fmt.Sprintf("payment %s is for %d sats, and only %d msat came in", p.ID, p.AmountSats, *in.ReceivedMsat),
			Hint:    "settle it with --force --reason, or send the money back: payment fail, then payment refund --amount-sats",
		}
	}
	return nil
}

// hashOf is the payment hash that the row and its invoice agree on.
func hashOf(p store.Payment) (string, error) {
	row := ""
	if p.PaymentHash != nil {
		row = store.NormalHash(*p.PaymentHash)
	}
	invoice, err := bolt11.Decode(bolt11.Normal(p.LightningInvoice))
	switch {
	case err != nil && row == "":
		return "", &ConflictError{
			Kind: "payment", Code: "payment_unverifiable", Field: "payment_hash", Existing: p.ID,
			Message: fmt.Sprintf("payment %s has no payment hash and no readable invoice", p.ID), Hint: "axisor payment check " + p.ID,
		}
	case err != nil || row == "" || row == invoice.Hash():
		if err == nil {
			return invoice.Hash(), nil
		}
		return row, nil
	}
	return "", &ConflictError{
		Kind: "payment", Code: "payment_hash_mismatch", Field: "payment_hash", Existing: p.ID,
		Message: fmt.Sprintf("payment %s has another payment hash than its invoice", p.ID), Hint: "axisor payment check " + p.ID,
	}
}

func wrongState(p store.Payment, wanted string) *ConflictError {
	code := "payment_state_unknown" // what others wrote becomes no code of ours
	if p.Status.Canonical().Valid() {
		code = "payment_" + string(p.Status.Canonical())
	}
	return &ConflictError{
		Kind: "payment", Code: code, Field: "status", Existing: p.ID,
		Message: fmt.Sprintf("payment %s is %s and cannot be %s", p.ID, p.Status, wanted),
		Hint:    "axisor payment show " + p.ID,
	}
}

// text is nil for "no text".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

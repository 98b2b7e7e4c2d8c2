package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// methodLightning is what Payment.payment_method holds for payments made here.
const methodLightning = "lightning"

// InvoiceRules say which invoices are ours to record.
type InvoiceRules struct {
	Network bolt11.Network // "" accepts every network
	NodeID  string         // public key of the node that must have signed, hex; "" accepts every node
}

// CreatePaymentInput describes a payment for an invoice that exists.
type CreatePaymentInput struct {
	User    string // id, e-mail or username
	Plan    string // slug
	Invoice string
	// AmountSats must agree with the invoice; 0 takes the invoice's amount.
	AmountSats  int64
	Description string // "" takes the invoice's
	Rules       InvoiceRules
	// AllowExpired records an invoice that nobody can pay any more.
	AllowExpired bool
	// IfNotExists accepts a payment of the same user and plan for this invoice.
	IfNotExists bool
	// Intent is the id of the intent that this payment fulfils.
	Intent string
}

// CreatePayment records a pending payment for an invoice. What the row says
// about amount, hash and expiry is what the invoice says.
func (s *Service) CreatePayment(ctx context.Context, mode Mode, in CreatePaymentInput) (Change[store.Payment], error) {
	none := Change[store.Payment]{}
	text := strings.ToLower(bolt11.Normal(in.Invoice))
	invoice, err := bolt11.Decode(bolt11.Normal(in.Invoice))
	if err != nil {
		return none, err
	}
	if err := in.Rules.check(invoice); err != nil {
		return none, err
	}
	amount, err := amountOf(invoice, in.AmountSats)
	if err != nil {
		return none, err
	}
	plan, err := models.ParsePlanType(in.Plan)
	if err != nil {
		return none, checkPlan(models.PlanType(in.Plan))
	}
	if plan == models.PlanFree {
		return none, &InputError{Field: "plan", Value: in.Plan, Rule: "nobody pays for the free plan"}
	}
	description, err := descriptionOf(invoice, in.Description)
	if err != nil {
		return none, err
	}
	u, err := s.db.FindUser(ctx, in.User)
	if err != nil {
		return none, err
	}
	change := Change[store.Payment]{Status: words.Created, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		if invoice.Expired(t.now) && !in.AllowExpired {
			return &ConflictError{
				Kind: "payment", Code: "invoice_expired", Field: "expires_at",
				Message: "the invoice expired at " + invoice.ExpiresAt().Format(time.RFC3339) + "; nobody can pay it any more",
				Hint:    "ask for a new invoice, or add --allow-expired to record one that was paid in time",
			}
		}
		row := models.Payment{
			UserID: u.ID, AmountSats: amount, LightningInvoice: text, Status: models.PaymentPending, PlanType: plan,
			Description: description, ExpiresAt: new(invoice.ExpiresAt()), PaymentHash: new(invoice.Hash()),
			PaymentMethod: new(methodLightning), CreatedAt: t.now, UpdatedAt: t.now,
		}
		if invoice.ExpirySeconds <= math.MaxInt32 {
			row.ExpirySeconds = new(int32(invoice.ExpirySeconds))
		}
		change.After, change.Status, err = t.createPayment(ctx, in, &row)
		return err
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

func (t *txn) createPayment(ctx context.Context, in CreatePaymentInput, row *models.Payment) (*store.Payment, string, error) {
	hash := *row.PaymentHash
	// payment_hash has no unique key; this lock makes two records of one invoice wait for each other.
	if err := t.db.LockKey(ctx, "payment:"+hash); err != nil {
		return nil, "", err
	}
	existing, err := t.db.PaymentsByHash(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	for i := range existing {
		e := &existing[i]
		if in.IfNotExists && e.UserID == row.UserID && e.PlanType == row.PlanType && e.AmountSats == row.AmountSats {
			return e, words.AlreadyExists, t.closeIntent(ctx, in.Intent, e.ID)
		}
	}
	if len(existing) > 0 {
		e := existing[0]
		return nil, "", &ConflictError{
			Kind: "payment", Field: "payment_hash", Value: hash, Existing: e.ID,
			Message: fmt.Sprintf("this invoice is already recorded: payment %s of %s for plan %s, %s", e.ID, e.UserEmail, e.PlanType, e.Status),
			Hint:    "axisor payment show " + e.ID,
		}
	}
	if err := t.db.CreatePayment(ctx, row); err != nil {
		return nil, "", err
	}
	after, err := t.db.PaymentByID(ctx, row.ID, false)
	if err != nil {
		return nil, "", err
	}
	if in.Intent != "" {
		if err := t.db.CloseIntent(ctx, in.Intent, models.IntentRecorded, &row.ID, nil, t.now); err != nil {
			return nil, "", err
		}
	}
	return &after, words.Created, t.audit(ctx, "payment.create", "payment", after.ID, &after.UserID, nil, PaymentValues(after))
}

// closeIntent ends the intent of a payment that somebody else has recorded, unless
// they did that too.
func (t *txn) closeIntent(ctx context.Context, intent, paymentID string) error {
	if intent == "" {
		return nil
	}
	err := t.db.CloseIntent(ctx, intent, models.IntentRecorded, &paymentID, nil, t.now)
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

// check compares an invoice with what ours look like.
func (r InvoiceRules) check(v *bolt11.Invoice) error {
	if r.Network != "" && v.Network != r.Network {
		return &InputError{
			Field: "invoice", Rule: fmt.Sprintf("it is paid on %s, and payments are made on %s here", v.Network, r.Network),
			Hint: "payments.network names the network",
		}
	}
	if payee := hex.EncodeToString(v.Payee[:]); r.NodeID != "" && !strings.EqualFold(r.NodeID, payee) {
		return &InputError{
			Field: "invoice", Rule: "it pays node " + payee + ", which is not ours",
			Hint: "payments.node_id names our node",
		}
	}
	return nil
}

// amountOf is the amount of the row: the invoice's, which a stated amount must equal.
func amountOf(v *bolt11.Invoice, stated int64) (int32, error) {
	bad := func(field, rule string) (int32, error) { return 0, &InputError{Field: field, Rule: rule} }
	if stated < 0 || stated > math.MaxInt32 {
		return bad("amount_sats", fmt.Sprintf("it must be between 1 and %d", math.MaxInt32))
	}
	sats, whole := v.Sats()
	switch {
	case v.AmountMsat == nil && stated == 0:
		return 0, &InputError{Field: "amount_sats", Rule: "the invoice names no amount", Hint: "say what is expected with --amount-sats"}
	case v.AmountMsat == nil:
		return int32(stated), nil
	case !whole:
		return bad("invoice", fmt.Sprintf("its amount of %d millisatoshis is no whole number of satoshis", *v.AmountMsat))
	case stated != 0 && stated != sats:
		return bad("amount_sats", fmt.Sprintf("the invoice is for %d sats, not %d", sats, stated))
	case sats > math.MaxInt32:
		return bad("invoice", fmt.Sprintf("its amount of %d sats is more than a payment can hold", sats))
	}
	return int32(sats), nil
}

// maxDescription is what the longest field of an invoice can hold.
const maxDescription = 639

func descriptionOf(v *bolt11.Invoice, stated string) (*string, error) {
	text := stated
	if text == "" {
		text = models.Deref(v.Description)
	}
	if text == "" {
		return nil, nil
	}
	if strings.ContainsRune(text, 0) {
		if stated != "" {
			return nil, &InputError{Field: "description", Rule: "the database cannot store the character NUL"}
		}
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	if len(text) > maxDescription {
		return nil, &InputError{Field: "description", Rule: fmt.Sprintf("it is longer than %d bytes", maxDescription)}
	}
	return &text, nil
}

// PaymentValues is a payment as audit rows record it.
func PaymentValues(p store.Payment) map[string]any {
	return map[string]any{
		"id": p.ID, "user_id": p.UserID, "amount_sats": p.AmountSats, "status": p.Status, "plan_type": p.PlanType,
		"payment_hash": p.PaymentHash, "paid_at": p.PaidAt, "expires_at": p.ExpiresAt, "payment_method": p.PaymentMethod,
		"description": p.Description,
	}
}

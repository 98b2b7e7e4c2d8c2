package payment

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// settledView is a settled payment and the user's plan before and after.
type settledView struct {
	view
	PlanBefore models.PlanType  `json:"plan_before"`
	PlanAfter  models.PlanType  `json:"plan_after"`
	OverLimits []verb.OverLimit `json:"over_limits"`
}

type settleOptions struct {
	in     admin.SettleInput
	force  bool
	paidAt string
}

func newSettle(a *app.App) *cobra.Command {
	o := &settleOptions{}
	return verb.Subject[admin.Settlement, settledView]{
		Desc: desc,
		View: func(s admin.Settlement) settledView {
			return settledView{viewOf(s.Payment), s.PlanBefore, s.PlanAfter, verb.OverLimits(s.Over)}
		},
	}.Change(a, verb.Change[admin.Settlement]{
		Words: verb.Words{
			Use: "settle PAYMENT", Short: "Make a payment paid, on evidence, and give the user the plan",
			Long: `Make a payment paid and give its user the plan, in one transaction with the evidence and the audit row.

The evidence is the preimage that the payer got in return: its SHA-256 must be the payment hash. Without one, --force
needs --reason and stays visible permanently. axisor payment reconcile settles on the word of our own node.

Settling what is paid already changes nothing and succeeds. A payment for a cheaper plan than the user has needs
--allow-downgrade; what the user has above its limits stays and is reported. One that expired or failed, or whose time of payment is after its expiry, needs --reason and --late or
--force; one before its invoice was made is refused. When another payment for the same purchase was paid within a day and
the user still has what it bought, this one is marked as its duplicate, to be refunded.`,
			Examples: []string{
				"axisor payment settle 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --preimage 0101…01",
				`axisor payment settle 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --preimage 0101…01 --late --reason "paid at the last second"`,
				`axisor payment settle 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --force --reason "bank transfer, ticket 812"`,
			},
			Exits: exits.Database(exits.OK("also when paid already"), exits.NotFound(""),
				exits.Conflict("wrong preimage, state or time, late, cheaper plan")),
			Excludes: [][]string{{"force", "preimage"}},
		},
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.in.Preimage, "preimage", "", "what the payer got in return, 64 `HEX` digits")
			f.BoolVar(&o.force, "force", false, "without evidence; needs --reason")
			f.StringVar(&o.paidAt, "paid-at", "", "when it was paid: `TIME` as RFC 3339, a date, or a span such as 2h (default: now)")
			f.BoolVar(&o.in.Late, "late", false, "accept a payment after its expiry, or after it was given up; needs --reason")
			f.BoolVar(&o.in.AllowDowngrade, "allow-downgrade", false, "replace a dearer plan of the user")
		},
		Check: o.check,
		Do: onPayment(func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[admin.Settlement], error) {
			return s.SettlePayment(ctx, m, id, o.in)
		}),
		Say: func(c admin.Change[admin.Settlement]) output.Say {
			s := c.After
			say := output.Say{
				Done:    fmt.Sprintf("payment %s is paid; %s has plan %s", s.ID, s.UserEmail, s.PlanAfter),
				Would:   fmt.Sprintf("payment %s would be paid; %s would have plan %s", s.ID, s.UserEmail, s.PlanAfter),
				Already: fmt.Sprintf("payment %s is already paid; nothing changed", s.ID),
			}
			if s.DuplicateOf != nil {
				duplicate := fmt.Sprintf("; it is a duplicate of %s and should be refunded", *s.DuplicateOf)
				say.Done, say.Would = say.Done+duplicate, say.Would+duplicate
			}
			return say
		},
		Also: func(call *verb.Call, c admin.Change[admin.Settlement]) {
			call.WarnOver(c.After.PlanAfter, c.After.Over)
		},
		Next: func(s admin.Settlement) string { return "axisor payment show " + s.ID },
	})
}

func (o *settleOptions) check(call *verb.Call) error {
	const example = `for example: --preimage 0101…01`
	switch reason := call.Globals.Reason; {
	case o.force && reason == "":
		return clierr.Usagef("--force needs --reason")
	case o.in.Late && reason == "":
		return clierr.Usagef("--late needs --reason")
	case !o.force && o.in.Preimage == "":
		return clierr.Usagef("axisor payment settle needs --preimage").WithHint(example, "axisor payment reconcile settles what our own node received")
	}
	o.in.Source = models.SourcePreimage
	if o.force {
		o.in.Source = models.SourceForced
	}
	if o.paidAt == "" {
		return nil
	}
	now := call.Now()
	at, err := flags.ParseTime("--paid-at", o.paidAt, now)
	if err != nil {
		return err
	}
	if at.After(now) {
		return clierr.Usagef("--paid-at %s: is in the future", o.paidAt)
	}
	o.in.PaidAt = *at
	return nil
}

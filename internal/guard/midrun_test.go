package guard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/marginguard"
)

// TestRun_SwitchedOffInTheMiddle: a long run may have read a configuration an hour
// ago. Whatever is switched off meanwhile gets nothing, and no request goes out.
func TestRun_SwitchedOffInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"configuration": `UPDATE "MarginGuardConfig" SET is_active = false`,
		"account":       `UPDATE "UserExchangeAccounts" SET is_active = false`,
		"guard":         `INSERT INTO axisor.guard_control (scope, disabled, reason, updated_at) VALUES ('global', true, 'stop', now())`,
		"user's guard":  `INSERT INTO axisor.guard_control (scope, user_id, disabled, reason, updated_at) SELECT 'user', id, true, 'stop', now() FROM "User"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			got := s.must(t, func(o *guard.Options) {
				o.Step = func(step guard.Step) {
					if step == guard.BeforePlan {
						s.exec(t, sql)
					}
				}
			})
			i := item(t, got, p.id)
			require.Equal(t, marginguard.Disabled, i.Decision, "%+v", i)
			require.Equal(t, marginguard.StatusSkipped, i.Status)
			require.Empty(t, s.posts())
			require.Equal(t, int64(210526), s.margin(t, p))
		})
	}
}

package guard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/marginguard"
)

// TestRun_ClearTextIsNeverSentAsAKey, as one field, as all of them or as a whole.
func TestRun_ClearTextIsNeverSentAsAKey(t *testing.T) {
	t.Parallel()
	for name, column := range map[string]string{
		"one field":  `credentials || '{"passphrase": "open sesame"}'`,
		"all fields": `'{"api_key": "k-sesame", "api_secret": "s-sesame", "passphrase": "open sesame"}'::jsonb`,
		"the whole":  `to_jsonb('{"api_key": "k-sesame", "api_secret": "s-sesame", "passphrase": "open sesame"}'::text)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			other := s.person(t, "bert")
			s.sim.MustPrice(91700)
			s.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = `+column+` WHERE user_id = ?`, p.id)
			c := &clocked{}
			got, err := s.run(t, marginguard.Request{}, c.use)
			require.NoError(t, err)
			require.Equal(t, 1, got.Failed)
			failed := item(t, got, p.id)
			require.Equal(t, marginguard.ObstacleSealed, failed.Obstacle)
			require.Contains(t, failed.Error, "not encrypted")
			require.Contains(t, failed.Error, "axisor credential rekey")
			require.NotContains(t, failed.Error, "sesame")
			require.Equal(t, int64(252631), s.margin(t, other))
			for _, m := range c.sent {
				require.NotContains(t, m.key, "sesame")
			}
			require.Len(t, s.posts(), 1)
		})
	}
}

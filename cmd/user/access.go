package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type change = verb.Change[models.User]

func newUnlock(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "unlock USER", Short: "Lift a lockout",
			Long: `Lift a lockout: failed logins are forgotten and the user may try again at once. The password, two-factor login and
whether the user is enabled stay as they are.`,
			Examples: []string{"axisor user unlock ana@example.com --reason 'called, knows the account'"},
			Exits:    exits.Database(exits.OK("also when nothing was locked"), exits.NotFound("no such user")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[models.User], error) {
			return s.Unlock(ctx, m, call.Args[0])
		},
		Done: "user %s is not locked any more", Would: "user %s would be unlocked", Already: "user %s was not locked and had no failed logins",
	})
}

func newReset2FA(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "reset-2fa USER", Short: "Switch two-factor login off and forget its secret",
			Long: `Switch two-factor login off for a user who lost the device: the secret and the backup codes are deleted, and the
user can set it up anew. Make sure who is asking first; this removes the second lock of the door.`,
			Examples: []string{"axisor user reset-2fa ana@example.com --reason 'lost phone, identity checked'"},
			Exits:    exits.Database(exits.OK("also when it was off"), exits.NotFound("no such user")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[models.User], error) {
			return s.ResetTwoFactor(ctx, m, call.Args[0])
		},
		Done: "two-factor login of %s is off", Would: "two-factor login of %s would be switched off", Already: "two-factor login of %s was off",
	})
}

func newVerifyEmail(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "verify-email USER", Short: "Mark the e-mail address as verified",
			Long:     `Mark a user's e-mail address as verified, as if the link in the mail had been followed. That link stops working.`,
			Examples: []string{"axisor user verify-email ana@example.com"},
			Exits:    exits.Database(exits.OK("also when it was verified"), exits.NotFound("no such user")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[models.User], error) {
			return s.VerifyEmail(ctx, m, call.Args[0])
		},
		Done: "the address %s is verified", Would: "the address %s would be verified", Already: "the address %s was verified",
	})
}

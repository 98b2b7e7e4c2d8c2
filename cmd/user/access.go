package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

func newUnlock(a *app.App) *cobra.Command {
	return verb{
		name: "unlock", short: "Lift a lockout",
		long: `Lift a lockout: failed logins are forgotten and the user may try again at once. The password, two-factor login and
whether the user is enabled stay as they are.

Exit codes: 0 (also when nothing was locked), 2, 3 (no such user), 10, 11, 12.`,
		example: "  axisor user unlock ana@example.com --reason 'called, knows the account'",
		act: func(ctx context.Context, s *admin.Service, m admin.Mode, ref string) (admin.Change[models.User], error) {
			return s.Unlock(ctx, m, ref)
		},
		done: "user %s is not locked any more", would: "user %s would be unlocked", already: "user %s was not locked and had no failed logins",
	}.command(a)
}

func newReset2FA(a *app.App) *cobra.Command {
	return verb{
		name: "reset-2fa", short: "Switch two-factor login off and forget its secret",
		long: `Switch two-factor login off for a user who lost the device: the secret and the backup codes are deleted, and the
user can set it up anew. Make sure who is asking first; this removes the second lock of the door.

Exit codes: 0 (also when it was off), 2, 3 (no such user), 10, 11, 12.`,
		example: "  axisor user reset-2fa ana@example.com --reason 'lost phone, identity checked'",
		act: func(ctx context.Context, s *admin.Service, m admin.Mode, ref string) (admin.Change[models.User], error) {
			return s.ResetTwoFactor(ctx, m, ref)
		},
		done: "two-factor login of %s is off", would: "two-factor login of %s would be switched off", already: "two-factor login of %s was off",
	}.command(a)
}

func newVerifyEmail(a *app.App) *cobra.Command {
	return verb{
		name: "verify-email", short: "Mark the e-mail address as verified",
		long: `Mark a user's e-mail address as verified, as if the link in the mail had been followed. That link stops working.

Exit codes: 0 (also when it was verified), 2, 3 (no such user), 10, 11, 12.`,
		example: "  axisor user verify-email ana@example.com",
		act: func(ctx context.Context, s *admin.Service, m admin.Mode, ref string) (admin.Change[models.User], error) {
			return s.VerifyEmail(ctx, m, ref)
		},
		done: "the address %s is verified", would: "the address %s would be verified", already: "the address %s was verified",
	}.command(a)
}

package exchange

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/admin"
)

// fieldFlags are the flags for what an exchange consists of. A flag that is not given leaves its field alone; --clear
// empties it.
type fieldFlags struct {
	name, slug, description, website, logo, version string
	clear                                           flags.Clear
}

func (f *fieldFlags) register(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.slug, "slug", "", "short `NAME` for commands and addresses, as in lnmarkets")
	fl.StringVar(&f.name, "name", "", "`NAME` as people write it")
	fl.StringVar(&f.version, "api-version", "", "`VERSION` of its API that accounts are used with, as in v3")
	fl.StringVar(&f.website, "website", "", "`URL` of its website")
	fl.StringVar(&f.description, "description", "", "a sentence of `TEXT`")
	fl.StringVar(&f.logo, "logo-url", "", "`URL` of its logo")
}

func (f *fieldFlags) input(c *cobra.Command) admin.ExchangeInput {
	given := func(name string, value *string) *string {
		if c.Flags().Changed(name) || f.clear.Has(name) {
			return value
		}
		return nil
	}
	return admin.ExchangeInput{
		Slug: given("slug", &f.slug), Name: given("name", &f.name), APIVersion: given("api-version", &f.version),
		Website: given("website", &f.website), Description: given("description", &f.description), LogoURL: given("logo-url", &f.logo),
	}
}

package backup

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func TestEndpoint_Environment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, url string
		want      []string
		absent    []string
	}{
		{
			"everything in the environment", "postgres://joe:p%40ss%20word@db.example:6432/prod?sslmode=require&sslcrl=/crl.pem",
			[]string{"PGHOST=db.example", "PGPORT=6432", "PGUSER=joe", "PGDATABASE=prod", "PGSSLMODE=require", "PGSSLCRL=/crl.pem", "PATH=/bin"},
			[]string{"PGSERVICE", "ENCRYPTION_KEY", "PGCLIENTENCODING", "PGPASSWORD", "p@ss"},
		},
		{
			"prisma's parameters are dropped", "postgresql://joe@h/d?schema=public&connection_limit=5&pgbouncer=true",
			[]string{"PGDATABASE=d"},
			[]string{"PGOPTIONS", "PGPASSWORD"},
		},
		{
			"settings become options", "postgres://joe@h/d?work_mem=64%20MB&options=-c%20geqo%3Doff",
			[]string{`PGOPTIONS=-c geqo=off -c work_mem=64\ MB`},
			nil,
		},
		{"socket", "postgres://joe@/d?host=/run/pg&port=5433", []string{"PGHOST=/run/pg", "PGPORT=5433"}, nil},
		{"several hosts", "postgres://joe@a:1,b:2/d?sslmode=disable", []string{"PGHOST=a,b", "PGPORT=1,2"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := newEndpoint(secret.New(test.url), "", []string{
				"PATH=/bin", "PGSERVICE=other", "ENCRYPTION_KEY=secret", "PGCLIENTENCODING=LATIN1", "PGHOST=elsewhere",
			})
			require.NoError(t, err)
			env := e.environment()
			require.Subset(t, env, test.want)
			for _, name := range test.absent {
				require.NotContains(t, strings.Join(env, "\n"), name)
			}
		})
	}
}

func TestEndpoint_Refuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:topsecret@h:x/d", "topsecret", "postgres://u@h/d?sslpassword=topsecret&sslmode=disable"} {
		_, err := newEndpoint(secret.New(url), "", nil)
		var input *InputError
		require.ErrorAs(t, err, &input, url)
		require.NotContains(t, err.Error(), "topsecret")
	}
	_, err := newEndpoint(secret.New("postgres://u:topsecret@h/d?sslmode=verify-full&sslrootcert=/absent.pem"), "", nil)
	require.ErrorContains(t, err, "/absent.pem")
	require.NotContains(t, err.Error(), "topsecret")
}

func TestConninfo(t *testing.T) {
	t.Parallel()
	require.Equal(t, `dbname='plain'`, conninfo("plain"))
	require.Equal(t, `dbname='a=b c\'d\\e'`, conninfo(`a=b c'd\e`))
}

func TestQuoteLiteral(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'it''s'`, quoteLiteral("it's"))
	require.Equal(t, ` E'a\\b'`, quoteLiteral(`a\b`))
}

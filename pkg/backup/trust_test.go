package backup

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
)

func TestStanding_OnlyAsMuchClearsAFailure(t *testing.T) {
	t.Parallel()
	v := func(level Level, ok bool) Verification {
		return Verification{Level: level, OK: ok, Problem: string(level)}
	}
	for _, test := range []struct {
		name string
		list []Verification
		want State
	}{
		{"never", nil, StateFailed},
		{"a deep failure, then every byte is right", []Verification{v(LevelDecode, true), v(LevelDeep, false), v(LevelDecode, true), v(LevelDigest, true)}, StateFailed},
		{"the same level", []Verification{v(LevelDeep, false), v(LevelDeep, true)}, StateGood},
		{"a higher one", []Verification{v(LevelDigest, false), v(LevelDeep, true)}, StateGood},
		{"decode, cleared by digest only", []Verification{v(LevelDecode, false), v(LevelDigest, true)}, StateFailed},
		{"a lower failure after a higher pass", []Verification{v(LevelDeep, true), v(LevelDigest, false)}, StateFailed},
		{"two failures, one cleared", []Verification{v(LevelDeep, false), v(LevelDigest, false), v(LevelDecode, true)}, StateFailed},
	} {
		m := &Manifest{Verifications: test.list}
		got, _ := m.judge()
		require.Equal(t, test.want, got, test.name)
		for range 3 * keptVerifications { // and time does not clear it either
			if m.LastGood(LevelDigest) == nil && test.want == StateFailed && len(test.list) == 0 {
				break
			}
			m.Verifications = append(m.Verifications, v(LevelDigest, true))
			m.forget()
		}
		if len(test.list) > 0 && test.list[len(test.list)-1].Level != LevelDigest || test.want == StateGood {
			got, _ = m.judge()
			require.Equal(t, test.want, got, test.name)
		}
		require.LessOrEqual(t, len(m.Verifications), keptVerifications)
	}
}

// TestPrune_LeavesWhatIsRead: a backup that is being read stays until the next time, with the log that it needs.
func TestPrune_LeavesWhatIsRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	repo := newRepository(dir)
	repo.o.Now = func() time.Time { return now }
	fakeBackup(t, dir, now)
	old := fakeBackup(t, dir, now.AddDate(0, 0, -40))
	first, err := old.hold(t.Context(), time.Now)
	require.NoError(t, err)
	second, err := old.hold(t.Context(), time.Now)
	require.NoError(t, err, "any number may read")
	plan, gone, err := repo.Prune(t.Context(), Policy{KeepDays: 30})
	require.NoError(t, err)
	require.Empty(t, gone)
	require.Equal(t, "being read: left for the next time", plan.Decisions[1].Reason)
	first()
	_, gone, err = repo.Prune(t.Context(), Policy{KeepDays: 30})
	require.NoError(t, err)
	require.Empty(t, gone)
	second()
	_, gone, err = repo.Prune(t.Context(), Policy{KeepDays: 30})
	require.NoError(t, err)
	require.Len(t, gone, 1)
	_, err = repo.Verify(t.Context(), old, Check{Level: LevelDigest})
	require.ErrorIs(t, err, ErrNotFound, "pruned meanwhile is not damaged")
}

func TestLocks_FollowNoLinks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{lockName, catalogueLock, lockOf("", "")} {
		for kind, lay := range map[string]func(old, name string) error{"symbolic": os.Symlink, "hard": os.Link} {
			dir := t.TempDir()
			precious := filepath.Join(dir, "precious")
			require.NoError(t, os.WriteFile(precious, []byte("do not empty"), 0o600))
			repo := filepath.Join(dir, "repo")
			fakeBackup(t, repo, time.Now())
			require.NoError(t, lay(precious, filepath.Join(repo, name)))
			_, _, err := newRepository(repo).Prune(t.Context(), Policy{KeepLast: 1})
			require.ErrorIs(t, err, ErrRepository, "%s link %s", kind, name)
			text, err := os.ReadFile(precious)
			require.NoError(t, err)
			require.Equal(t, "do not empty", string(text))
		}
	}
}

func TestOpenDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, b.request())
	for _, mode := range []os.FileMode{0o770, 0o702, 0o777 | os.ModeSticky} {
		require.NoError(t, os.Chmod(b.dir, mode))
		_, err := b.repo.Create(t.Context(), b.request())
		var open *RepositoryError
		require.ErrorAs(t, err, &open, mode)
		require.True(t, open.Open)
		_, _, err = b.repo.Prune(t.Context(), Policy{KeepLast: 1})
		require.ErrorIs(t, err, ErrRepository)
	}
	require.NoError(t, os.Chmod(b.dir, 0o755))
	b.create(t, b.request())
}

func keyPair(t *testing.T) (private, public []byte) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	spki, err := x509.MarshalPKIXPublicKey(pub)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
}

func TestParseSigningKey(t *testing.T) {
	t.Parallel()
	private, public := keyPair(t)
	for name, text := range map[string][]byte{
		"empty": nil, "short": []byte("hunter2\n"), "two lines": []byte(strings.Repeat("x", 40) + "\ny\n"),
		"ssh": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
		"two": append(append([]byte{}, private...), public...), "cut": private[:60],
	} {
		_, err := ParseSigningKey(text)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
	dir := t.TempDir()
	file := func(name string, text []byte, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	closed := errors.New("closed to us")
	refuse := func(string, string) ([]byte, error) { return nil, closed }
	_, err := OpenSigningKey(file("private", private, 0o644), refuse)
	require.ErrorIs(t, err, closed, "a private key is judged like every secret")
	s, err := OpenSigningKey(file("public", public, 0o644), refuse)
	require.NoError(t, err)
	require.ErrorContains(t, s.maySign(), "public")
	_, err = OpenSigningKey(file("writable", public, 0o666), refuse)
	require.ErrorContains(t, err, "others can change")
}

func TestSigning(t *testing.T) {
	t.Parallel()
	private, public := keyPair(t)
	_, stranger := keyPair(t)
	secretKey := []byte("0123456789abcdef0123456789abcdef\n")
	other := []byte("0123456789abcdef0123456789abcdeX")
	for name, keys := range map[string][3][]byte{"ed25519": {private, public, stranger}, "hmac": {secretKey, secretKey, other}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			use := func(text []byte) *Repository {
				r := newRepository(b.dir)
				var err error
				r.o.Signing, err = ParseSigningKey(text)
				require.NoError(t, err)
				return r
			}
			signer, checker, foreign := use(keys[0]), use(keys[1]), use(keys[2])
			unsigned := b.create(t, b.request())
			signer.o.Now = func() time.Time { return time.Now().Add(-time.Hour) } // older than the unsigned one
			e, err := signer.Create(t.Context(), b.request())
			require.NoError(t, err)
			require.Equal(t, StateGood, e.State, e.Problem)
			latest, err := checker.Find("latest")
			require.NoError(t, err)
			require.Equal(t, e.ID, latest.ID)

			// What changes in a backup's life leaves the signature alone, also where nobody can sign.
			_, err = checker.Pin(t.Context(), latest, true)
			require.NoError(t, err)
			report, err := checker.Verify(t.Context(), latest, Check{Level: LevelDecode})
			require.NoError(t, err)
			require.True(t, report.OK && report.Recorded, report.Problem)
			latest, err = signer.Find("latest")
			require.NoError(t, err)
			require.Equal(t, e.ID, latest.ID)
			require.True(t, latest.Manifest.Pinned)

			refused := func(r *Repository, id, text string) {
				t.Helper()
				bad, err := r.Find(id)
				require.NoError(t, err)
				require.Equal(t, StateUnsigned, bad.State)
				report, err := r.Verify(t.Context(), bad, Check{Level: LevelDigest})
				require.NoError(t, err)
				require.False(t, report.OK)
				require.Contains(t, report.Problem, text)
				_, err = r.RestoreTo(t.Context(), bad, Restore{Server: b.url, Database: "never"})
				require.ErrorIs(t, err, ErrUnsigned)
				require.ErrorIs(t, r.Cat(t.Context(), bad, nil, os.Stderr, nil), ErrUnsigned)
				_, err = r.Push(t.Context(), bad, remote.Target{Name: "x", Store: remote.NewDirectory(t.TempDir())}, nil)
				require.Error(t, err)
			}
			refused(checker, unsigned.ID, "no signature")
			refused(foreign, e.ID, "another key")
			// A stranger changes the data and everything that he can make fit.
			require.NoError(t, amend(t.Context(), e, func(m *Manifest) { m.Archive.RawSHA256 = strings.Repeat("0", 64) }))
			refused(checker, e.ID, "signature is wrong")
			require.NoError(t, amend(t.Context(), e, func(m *Manifest) {
				m.Archive.RawSHA256 = e.Manifest.Archive.RawSHA256
				m.Signature = nil
			}))
			recovered, err := checker.Find(e.ID)
			require.NoError(t, err)
			require.Equal(t, StateGood, recovered.State, "the signature is of what was signed, nothing else")
			again, err := newRepository(b.dir).Find(e.ID)
			require.NoError(t, err)
			require.Equal(t, StateGood, again.State, "without a key none is demanded")
			plan, err := checker.PlanPrune(Policy{KeepLast: 1})
			require.NoError(t, err)
			require.Empty(t, plan.Removals(), "what is not signed is not removed by itself")
		})
	}
}

// A field that this release does not know stays, and is signed.
func TestAmended_KeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	key, err := ParseSigningKey([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	m := &Manifest{SchemaVersion: 1, ID: "20260101_000000", Compression: "none", Archive: FileInfo{Name: "axisor_backup_20260101_000000.dump"}}
	text, err := m.encodeFor(key)
	require.NoError(t, err)
	list, err := members(text)
	require.NoError(t, err)
	signed, err := signedText(append([]member{{"of_tomorrow", []byte(`{"a": [1,  2]}`)}}, list...))
	require.NoError(t, err)
	newer := strings.Replace(string(text), "{", `{"of_tomorrow": {"a": [1,2]},`, 1)
	newer = strings.Replace(newer, m.Signature.Value, base64.StdEncoding.EncodeToString(key.sign(signed)), 1)
	m.Pinned = true
	out, err := amended([]byte(newer), m)
	require.NoError(t, err)
	got, err := openManifest(out, m.ID, key)
	require.NoError(t, err)
	require.True(t, got.Pinned)
	require.Contains(t, string(out), "of_tomorrow")
	twice := strings.Replace(string(out), "{", `{"Archive": {},`, 1)
	_, err = members([]byte(twice))
	require.ErrorContains(t, err, "twice")
}

func TestSigning_Log(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	plain := c.repo
	c.base(t)
	c.commit(t, 1, 3)
	c.archiveAll(t)
	key, err := ParseSigningKey([]byte(strings.Repeat("s", 40)))
	require.NoError(t, err)
	strict := newRepository(plain.o.Directory)
	strict.o.Signing, strict.sync = key, plain.sync
	c.repo = strict
	_, err = strict.RecoverTo(t.Context(), c.request("unsigned", PITRTarget{Latest: true}))
	require.ErrorIs(t, err, ErrUnsigned)
	report, err := strict.VerifyLog(t.Context(), LogCheck{Level: LevelDigest})
	require.NoError(t, err)
	require.NotEmpty(t, report.Problems)
	require.Equal(t, "unsigned", report.Problems[0].Kind)

	base := c.base(t)
	require.NotNil(t, base.Manifest.Signature)
	c.commit(t, 4, 6)
	c.archiveAll(t)
	d, err := strict.RecoverTo(t.Context(), c.request("signed", PITRTarget{Latest: true}))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6}, c.recovered(t, d))
	stopServer(t, d)

	// Somebody exchanges a segment and makes its description fit.
	files, _, err := strict.logFiles(base.Manifest.Server.SystemIdentifier)
	require.NoError(t, err)
	f := *files[len(files)-1]
	require.GreaterOrEqual(t, f.End, base.Manifest.Base.StopLSN)
	f.File.RawBytes++
	text, err := encodeChecked(&f, &f.Checksum)
	require.NoError(t, err)
	require.NoError(t, replaceFile(t.Context(), f.dir, f.Name+manifestExt, text))
	_, err = strict.RecoverTo(t.Context(), c.request("forged", PITRTarget{Latest: true}))
	require.ErrorIs(t, err, ErrUnsigned)
	require.NoDirExists(t, filepath.Join(c.dir, "forged"))
}

// flaky breaks off what is read from it.
type flaky struct {
	remote.Store

	after int64
}

type brokenOff struct {
	io.Reader
	io.Closer
}

func (b brokenOff) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = remote.ErrUnavailable
	}
	return n, err
}

func (f *flaky) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	in, err := f.Store.Get(ctx, name)
	if err != nil || f.after == 0 || strings.HasSuffix(name, manifestExt) {
		return in, err
	}
	return brokenOff{io.LimitReader(in, f.after), in}, nil
}

// TestVerify_BrokenOffIsNoDamage: what the network cuts, at any place and below any decoder, is a target that is away.
func TestVerify_BrokenOffIsNoDamage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	q := b.request()
	q.Recipients = []string{key.Recipient().String()}
	e := b.create(t, q)
	there := t.TempDir()
	store := &flaky{Store: remote.NewDirectory(there)}
	_, err = b.repo.Push(t.Context(), e, remote.Target{Name: there, Store: store}, nil)
	require.NoError(t, err)
	far, err := OpenTarget(t.Context(), b.repo.o, remote.Target{Name: there, Store: store})
	require.NoError(t, err)
	copied, err := far.Find("latest")
	require.NoError(t, err)
	get := func() ([]age.Identity, error) { return []age.Identity{key}, nil }
	identities, err := get()
	require.NoError(t, err)
	for _, store.after = range []int64{1, 30, 200, copied.Manifest.Archive.Bytes / 2, copied.Manifest.Archive.Bytes - 1} {
		_, err := far.Verify(t.Context(), copied, Check{Level: LevelDecode, Identities: get})
		require.ErrorIs(t, err, remote.ErrUnavailable)
		require.NotErrorIs(t, err, ErrDamaged)
		err = feed(t.Context(), copied, copied.Manifest.Archive, identities, io.Discard)
		require.ErrorIs(t, err, remote.ErrUnavailable, "below the decoders, after %d bytes", store.after)
		require.NotErrorIs(t, err, ErrDamaged)
	}
}

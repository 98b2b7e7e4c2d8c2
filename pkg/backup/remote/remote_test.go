package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/secret"
)

// fake is an S3 service on loopback that can be told to fail, and that counts what it gets.
type fake struct {
	*httptest.Server

	failAfter atomic.Int64 // parts; 0 is never
	received  atomic.Int64 // bytes of bodies
}

func newFake(t *testing.T) *fake {
	t.Helper()
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("backups"))
	handler := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.StdLog(log.New(io.Discard, "", 0)))).Server()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("partNumber") {
			if n := f.failAfter.Load(); n > 0 {
				if n == 1 {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				f.failAfter.Add(-1)
			}
			f.received.Add(r.ContentLength)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) store(t *testing.T) *remote.S3 {
	t.Helper()
	s, err := remote.NewS3(remote.S3Options{
		Endpoint: strings.TrimPrefix(f.URL, "http://"), Insecure: true, Bucket: "backups", Prefix: "axisor", PathStyle: true,
		Region: "us-east-1", Key: "key", Secret: secret.New("not-a-secret"), Part: 5 << 20,
	})
	require.NoError(t, err)
	return s
}

func content(n int, seed byte) *bytes.Reader {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7) ^ byte(i>>8) ^ seed
	}
	return bytes.NewReader(data)
}

func read(t *testing.T, s remote.Store, name string) []byte {
	t.Helper()
	r, err := s.Get(t.Context(), name)
	require.NoError(t, err)
	defer r.Close()
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return data
}

// cut fails in the middle.
type cut struct {
	*bytes.Reader

	after int64
}

func (c cut) ReadAt(p []byte, at int64) (int, error) {
	if at >= c.after {
		return 0, errors.New("the line is cut")
	}
	n, err := c.Reader.ReadAt(p[:min(len(p), int(c.after-at))], at)
	if err == nil && n < len(p) {
		err = errors.New("the line is cut")
	}
	return n, err
}

// TestContract is what every store has to do.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) remote.Store{
		"directory": func(t *testing.T) remote.Store { t.Helper(); return remote.NewDirectory(t.TempDir()) },
		"s3":        func(t *testing.T) remote.Store { t.Helper(); return newFake(t).store(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := open(t), t.Context()
			list, err := s.List(ctx, "")
			require.NoError(t, err)
			require.Empty(t, list)
			_, err = s.Get(ctx, "absent")
			require.ErrorIs(t, err, remote.ErrNotExist)
			require.NoError(t, s.Delete(ctx, "absent"), "removed already")

			for object, data := range map[string]*bytes.Reader{"small": content(10, 1), "dir/large": content(12<<20, 2)} {
				require.NoError(t, s.Put(ctx, object, data), object)
				require.ErrorIs(t, s.Put(ctx, object, content(10, 9)), remote.ErrExists, object)
				want := make([]byte, data.Size())
				_, err := data.ReadAt(want, 0)
				require.True(t, err == nil || errors.Is(err, io.EOF))
				require.True(t, bytes.Equal(want, read(t, s, object)), object)
			}
			list, err = s.List(ctx, "")
			require.NoError(t, err)
			require.Equal(t, []remote.Object{{Name: "dir/large", Size: 12 << 20}, {Name: "small", Size: 10}}, list)
			for prefix, found := range map[string]int{"dir/": 1, "di": 1, "dir/la": 1, "dir/x": 0, "dirt/": 0, "s": 1, "large": 0} {
				list, err = s.List(ctx, prefix)
				require.NoError(t, err)
				require.Len(t, list, found, prefix)
			}

			require.NoError(t, s.Replace(ctx, "description", []byte("one")))
			require.NoError(t, s.Replace(ctx, "description", []byte("two")))
			require.Equal(t, "two", string(read(t, s, "description")))

			require.NoError(t, s.Delete(ctx, "small"))
			_, err = s.Get(ctx, "small")
			require.ErrorIs(t, err, remote.ErrNotExist)

			// An upload that is cut leaves nothing to see, and goes on.
			whole := content(14<<20, 4)
			require.Error(t, s.Put(ctx, "resumed", cut{whole, 11 << 20}))
			_, err = s.Get(ctx, "resumed")
			require.ErrorIs(t, err, remote.ErrNotExist)
			require.NoError(t, s.Put(ctx, "resumed", whole))
			require.Len(t, read(t, s, "resumed"), 14<<20)
			// What was left of another content is not used.
			require.Error(t, s.Put(ctx, "other", cut{content(14<<20, 5), 11 << 20}))
			other := content(14<<20, 6)
			require.NoError(t, s.Put(ctx, "other", other))
			want := make([]byte, other.Size())
			_, err = other.ReadAt(want, 0)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, read(t, s, "other")))

			stopped, cancel := context.WithCancel(ctx)
			cancel()
			require.Error(t, s.Put(stopped, "never", content(12<<20, 7)))
		})
	}
}

func TestS3_ResumedUploadSendsOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.store(t)
	f.failAfter.Store(3)
	require.Error(t, s.Put(t.Context(), "large", content(19<<20, 1)))
	f.failAfter.Store(0)
	f.received.Store(0)
	require.NoError(t, s.Put(t.Context(), "large", content(19<<20, 1)))
	require.LessOrEqual(t, f.received.Load(), int64(10<<20), "two of four parts were there")
	require.Len(t, read(t, s, "large"), 19<<20)
}

func TestS3_Unreachable(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.store(t)
	f.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2_000_000_000)
	defer cancel()
	_, err := s.List(ctx, "")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "not-a-secret")
}

func TestDirectory_AMissingMountIsNotAnEmptyTarget(t *testing.T) {
	t.Parallel()
	s := remote.NewDirectory(filepath.Join(t.TempDir(), "not-mounted"))
	require.ErrorIs(t, s.Put(t.Context(), "x", content(1, 1)), remote.ErrUnavailable)
	_, err := s.List(t.Context(), "")
	require.ErrorIs(t, err, remote.ErrUnavailable)
}

func TestParse(t *testing.T) {
	t.Parallel()
	env := func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hunter2"}[name]
	}
	none := func(string) string { return "" }
	for text, name := range map[string]string{
		"/mnt/nas": "/mnt/nas", "file:///mnt/nas?keep_days=90": "/mnt/nas", "s3://bucket/a/b?region=eu-west-1&keep_last=3": "s3://bucket/a/b",
		"s3://bucket?endpoint=http://127.0.0.1:9000": "s3://bucket",
	} {
		target, err := remote.Parse(text, env)
		require.NoError(t, err, text)
		require.Equal(t, name, target.Name)
	}
	target, err := remote.Parse("file:///x?keep_days=90&keep_monthly=12", env)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"days": 90, "monthly": 12}, target.Keep)
	for text, problem := range map[string]string{
		"relative/path": "absolute", "ftp://x/y": "must be a path", "s3://key:hunter2@bucket/": "must not hold credentials",
		"s3:///x": "no bucket", "s3://b?endpoint=http://example.com": "https", "s3://b?keep_days=x": "number", "s3://b?hunter=2": "unknown", "file:///x?y=1": "unknown",
	} {
		_, err := remote.Parse(text, env)
		require.ErrorContains(t, err, problem, text)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err = remote.Parse("s3://bucket", none)
	require.ErrorContains(t, err, "no credentials")
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[default]\naws_access_key_id = k\naws_secret_access_key = s\n"), 0o644))
	_, err = remote.Parse("s3://bucket?credentials_file="+file, none)
	require.ErrorContains(t, err, "others can open")
	require.NoError(t, os.Chmod(file, 0o600))
	_, err = remote.Parse("s3://bucket?credentials_file="+file, none)
	require.NoError(t, err)
}

// An answer that the network or the service spoils says nothing about what is stored.
func TestS3_SpoiledAnswersAreUnavailable(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]http.HandlerFunc{
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("ETag", `"x"`)
			_, _ = w.Write(make([]byte, 400))
			panic(http.ErrAbortHandler)
		},
		"503 for ever": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"500 for ever": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"429 for ever": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(spoil)
			defer server.Close()
			s, err := remote.NewS3(remote.S3Options{
				Endpoint: strings.TrimPrefix(server.URL, "http://"), Insecure: true, Bucket: "backups", PathStyle: true, Region: "us-east-1",
				Key: "key", Secret: secret.New("not-a-secret"),
			})
			require.NoError(t, err)
			in, err := s.Get(t.Context(), "x")
			if err == nil {
				_, err = io.ReadAll(in)
			}
			require.ErrorIs(t, err, remote.ErrUnavailable)
			if name != "cut off" {
				_, err = s.List(t.Context(), "")
				require.ErrorIs(t, err, remote.ErrUnavailable)
				require.ErrorIs(t, s.Put(t.Context(), "x", content(10, 0)), remote.ErrUnavailable)
			}
		})
	}
}

func TestParse_BadParameters(t *testing.T) {
	t.Parallel()
	env := func(string) string { return "set" }
	for _, bad := range []string{
		"s3://b?path_style=yes", "s3://b?keep_days=", "s3://b?keep_last=-1", "s3://b?keep_last=1&keep_last=2", "s3://b?keep_hours=3",
		"s3://b?endpoint=ftp://h", "s3://b?endpoint=https://h/path", "s3://b?region=%zz", "/mnt/x?keep_weekly=two", "s3://b?credentials_file=/absent",
	} {
		_, err := remote.Parse(bad, env)
		require.Error(t, err, bad)
	}
	text := "s3://b/p?endpoint=https://h&keep_days=9"
	got, err := remote.Parse(text, env)
	require.NoError(t, err)
	require.Equal(t, text, got.Text)
}

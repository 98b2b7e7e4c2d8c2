package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Tablespace is a directory of the server outside its data directory.
type Tablespace struct {
	OID      uint32 `json:"oid"`
	Name     string `json:"name"`
	Location string `json:"location"`
}

// spaceFolder is where the server keeps its links to tablespaces.
const spaceFolder = "pg_tblspc"

// streamMajor is the first release whose stream this package reads.
const streamMajor = 15

// baseStream asks the server for a base backup itself and writes one archive. pg_basebackup refuses to
// write a cluster with tablespaces into a pipe, and into files it would write them unencrypted; the
// server's stream has an archive for each tablespace, whose files get their place below pg_tblspc here,
// as the server's own list names them.
type baseStream struct {
	out      *tar.Writer
	archive  *io.PipeWriter // of the archive that is being received
	merged   chan error
	manifest *bytes.Buffer // since the last archive has ended
	done     chan struct{}
	err      error
}

// startBaseStream writes into stdout, which it closes.
func startBaseStream(ctx context.Context, e *endpoint, label string, spread bool, stdout *os.File) *baseStream {
	s := &baseStream{out: tar.NewWriter(stdout), done: make(chan struct{})}
	// Whoever reads the pipe may have given up; a program would be ended by its signal then.
	unblock := context.AfterFunc(ctx, func() { _ = stdout.SetWriteDeadline(time.Unix(1, 0)) })
	go func() {
		defer close(s.done)
		defer unblock()
		s.err = errors.Join(s.run(ctx, e, baseCommand(label, spread)), stdout.Close())
	}()
	return s
}

func baseCommand(label string, spread bool) string {
	checkpoint := "fast"
	if spread {
		checkpoint = "spread"
	}
	return fmt.Sprintf("BASE_BACKUP (LABEL %s, CHECKPOINT '%s', WAL, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C', TABLESPACE_MAP)", quoteLiteral(label), checkpoint)
}

func (s *baseStream) wait(context.Context) error {
	<-s.done
	return s.err
}

func (s *baseStream) run(ctx context.Context, e *endpoint, command string) error {
	config := e.config.Config.Copy()
	config.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return e.classify(ctx, "connect for replication", err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_ = conn.Close(clean)
	}()
	conn.Frontend().SendQuery(&pgproto3.Query{String: command})
	if err := conn.Frontend().Flush(); err != nil {
		return e.classify(ctx, "ask for the base backup", err)
	}
	err = s.receive(ctx, e, conn)
	if err != nil && s.archive != nil {
		s.archive.CloseWithError(err)
		if echo := <-s.merged; !errors.Is(echo, err) {
			err = errors.Join(err, echo)
		}
	}
	return err
}

func (s *baseStream) receive(ctx context.Context, e *endpoint, conn *pgconn.PgConn) error {
	for {
		message, err := conn.ReceiveMessage(ctx)
		if err != nil {
			return e.classify(ctx, "receive base backup", err)
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			return e.classify(ctx, "receive base backup", pgconn.ErrorResponseToPgError(m))
		case *pgproto3.CopyData:
			if err := s.take(m.Data); err != nil {
				return err
			}
		case *pgproto3.ReadyForQuery:
			return s.finish()
		}
	}
}

// take handles one message: the beginning of an archive or of the server's list, or a piece of them.
func (s *baseStream) take(data []byte) error {
	if len(data) == 0 {
		return errors.New("receive base backup: empty message")
	}
	switch kind, rest := data[0], data[1:]; kind {
	case 'n':
		name, _, ok := bytes.Cut(rest, []byte{0})
		if !ok || s.manifest != nil {
			return errors.New("receive base backup: archive out of order")
		}
		return s.begin(string(name))
	case 'm':
		s.manifest = &bytes.Buffer{}
		return s.end()
	case 'd':
		if s.manifest != nil {
			if s.manifest.Len()+len(rest) > serverManifestLimit {
				return errors.New("receive base backup: the server's list of files is too long")
			}
			_, err := s.manifest.Write(rest)
			return err
		}
		if s.archive == nil {
			return errors.New("receive base backup: data without an archive")
		}
		_, err := s.archive.Write(rest)
		return err
	case 'p': // progress
		return nil
	default:
		return fmt.Errorf("receive base backup: unknown message %q", kind)
	}
}

// begin starts an archive: base.tar, or that of a tablespace, which is named by its number.
func (s *baseStream) begin(name string) error {
	if err := s.end(); err != nil {
		return err
	}
	prefix := ""
	if name != "base.tar" {
		oid, err := strconv.ParseUint(strings.TrimSuffix(name, ".tar"), 10, 32)
		if err != nil {
			return fmt.Errorf("receive base backup: unknown archive %q", name)
		}
		prefix = fmt.Sprintf("%s/%d/", spaceFolder, oid)
	}
	in, out := io.Pipe()
	s.archive, s.merged = out, make(chan error, 1)
	go func() {
		err := mergeTar(s.out, in, prefix)
		in.CloseWithError(err) // an error ends the receiving at once
		s.merged <- err
	}()
	return nil
}

func (s *baseStream) end() error {
	if s.archive == nil {
		return nil
	}
	s.archive.Close()
	s.archive = nil
	return <-s.merged
}

// finish adds the server's list, as pg_basebackup does.
func (s *baseStream) finish() error {
	if err := s.end(); err != nil {
		return err
	}
	if s.manifest == nil {
		return errors.New("receive base backup: the server sent no list of its files")
	}
	if err := s.out.WriteHeader(&tar.Header{Name: serverManifest, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(s.manifest.Len())}); err != nil {
		return err
	}
	if _, err := s.out.Write(s.manifest.Bytes()); err != nil {
		return err
	}
	return s.out.Close()
}

// mergeTar copies the entries of one archive into another.
func mergeTar(out *tar.Writer, in io.Reader, prefix string) error {
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, in) // what follows the end mark
			return err
		}
		if err != nil {
			return fmt.Errorf("receive base backup: %w", err)
		}
		h.Name, h.Format = prefix+strings.TrimPrefix(h.Name, "./"), tar.FormatUnknown // a longer name may need another form
		if err := out.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.CopyN(out, t, h.Size); err != nil {
			return err
		}
	}
}

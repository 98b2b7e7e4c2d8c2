package remote

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the name S3 gives to the content of a part
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/axisor/axisor/pkg/secret"
)

// minPart is the smallest part of an upload that S3 takes, maxParts the most of them.
const (
	minPart  = 16 << 20
	maxParts = 10_000
)

// S3Options address a bucket. Credentials are handed in apart from it.
type S3Options struct {
	Endpoint  string // host[:port]
	Insecure  bool   // http, for loopback and tests
	Region    string
	Bucket    string
	Prefix    string
	PathStyle bool
	Key       string
	Secret    secret.Secret
	Token     secret.Secret
	Part      int64 // size of a part; minPart when zero
}

// S3 is a store in an S3-compatible service.
type S3 struct {
	o    S3Options
	core *minio.Core
}

// NewS3 makes a client. It does not connect yet.
func NewS3(o S3Options) (*S3, error) {
	lookup := minio.BucketLookupAuto
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.Key, o.Secret.Reveal(), o.Token.Reveal()), Secure: !o.Insecure, Region: o.Region, BucketLookup: lookup,
	})
	if err != nil {
		return nil, fmt.Errorf("address S3: %w", err)
	}
	if o.Part == 0 {
		o.Part = minPart
	}
	return &S3{o: o, core: core}, nil
}

func (s *S3) key(name string) string { return path.Join(s.o.Prefix, name) }

func (s *S3) fail(err error) error {
	if err == nil {
		return nil
	}
	var network net.Error
	response := minio.ToErrorResponse(err)
	switch {
	case response.Code == "NoSuchKey", response.Code == "NotFound":
		return ErrNotExist
	case response.Code == "PreconditionFailed":
		return ErrExists
	case response.StatusCode == http.StatusForbidden, response.Code == "AccessDenied":
		return fmt.Errorf("%w: bucket %s: %s", ErrDenied, s.o.Bucket, response.Code)
	case response.Code == "NoSuchBucket":
		return fmt.Errorf("%w: there is no bucket %s", ErrUnavailable, s.o.Bucket)
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case response.StatusCode >= http.StatusInternalServerError, response.StatusCode == http.StatusTooManyRequests, response.Code == "SlowDown":
		// The client has tried again for a while already.
		return fmt.Errorf("%w: bucket %s: %d %s", ErrUnavailable, s.o.Bucket, response.StatusCode, response.Code)
	}
	return err
}

// Put uploads in parts. An upload that was cut short is found by its name; parts that are
// there with the right content are not sent again.
func (s *S3) Put(ctx context.Context, name string, content Source) error {
	key := s.key(name)
	if _, err := s.core.StatObject(ctx, s.o.Bucket, key, minio.StatObjectOptions{}); err == nil {
		return ErrExists
	} else if err := s.fail(err); !errors.Is(err, ErrNotExist) {
		return err
	}
	if content.Size() <= s.o.Part {
		opts := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true}
		opts.SetMatchETagExcept("*") // put-if-absent, where the service knows it
		_, err := s.core.Client.PutObject(ctx, s.o.Bucket, key, io.NewSectionReader(content, 0, content.Size()), content.Size(), opts)
		return s.fail(err)
	}
	return s.parts(ctx, key, content)
}

func (s *S3) parts(ctx context.Context, key string, content Source) error {
	size := max(s.o.Part, (content.Size()+maxParts-1)/maxParts)
	upload, have, err := s.unfinished(ctx, key)
	if err != nil {
		return err
	}
	if upload == "" {
		if upload, err = s.core.NewMultipartUpload(ctx, s.o.Bucket, key, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
			return s.fail(err)
		}
	}
	buf := make([]byte, size)
	var done []minio.CompletePart
	for number, at := 1, int64(0); at < content.Size(); number, at = number+1, at+size {
		n := min(size, content.Size()-at)
		if _, err := content.ReadAt(buf[:n], at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		sum := md5.Sum(buf[:n]) //nolint:gosec // see above
		etag := hex.EncodeToString(sum[:])
		if have[number] != etag {
			whole := sha256.Sum256(buf[:n]) // the service refuses a part that arrives otherwise
			part, err := s.core.PutObjectPart(ctx, s.o.Bucket, key, upload, number, bytes.NewReader(buf[:n]), n,
				minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(whole[:]), Md5Base64: base64.StdEncoding.EncodeToString(sum[:]), DisableContentSha256: true})
			if err != nil {
				return s.fail(err) // what was sent stays, for the next try
			}
			etag = part.ETag
		}
		done = append(done, minio.CompletePart{PartNumber: number, ETag: strings.Trim(etag, `"`)})
	}
	_, err = s.core.CompleteMultipartUpload(ctx, s.o.Bucket, key, upload, done, minio.PutObjectOptions{})
	return s.fail(err)
}

// unfinished finds the newest upload of this name that was cut short, and its parts.
func (s *S3) unfinished(ctx context.Context, key string) (string, map[int]string, error) {
	have := map[int]string{}
	list, err := s.core.ListMultipartUploads(ctx, s.o.Bucket, key, "", "", "", 1000)
	if minio.ToErrorResponse(err).Code == "NoSuchUpload" { // some services say "none" this way
		return "", have, nil
	}
	if err != nil {
		return "", nil, s.fail(err)
	}
	id := ""
	for _, u := range list.Uploads {
		if u.Key == key {
			id = u.UploadID
		}
	}
	for marker := 0; id != ""; {
		parts, err := s.core.ListObjectParts(ctx, s.o.Bucket, key, id, marker, 1000)
		if err != nil {
			return "", nil, s.fail(err)
		}
		for _, p := range parts.ObjectParts {
			have[p.PartNumber] = strings.Trim(p.ETag, `"`)
		}
		if !parts.IsTruncated {
			break
		}
		marker = parts.NextPartNumberMarker
	}
	return id, have, nil
}

// Replace overwrites a small object.
func (s *S3) Replace(ctx context.Context, name string, content []byte) error {
	_, err := s.core.Client.PutObject(ctx, s.o.Bucket, s.key(name), bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "application/json", DisableMultipart: true})
	return s.fail(err)
}

// Get opens an object.
func (s *S3) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	r, info, _, err := s.core.GetObject(ctx, s.o.Bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, s.fail(err)
	}
	return &body{ReadCloser: r, ctx: ctx, left: info.Size}, nil
}

// body is an object on its way. What the network cuts off is no property of the object.
type body struct {
	io.ReadCloser

	ctx  context.Context // io.Reader has no room for it
	left int64           // negative when the service did not say
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	known := b.left >= 0
	b.left -= int64(n)
	switch {
	case err == nil, b.ctx.Err() != nil:
		return n, err
	case errors.Is(err, io.EOF) && (!known || b.left <= 0):
		return n, io.EOF
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return n, fmt.Errorf("%w: the answer was cut off: %w", ErrUnavailable, err)
}

// List pages through the bucket.
func (s *S3) List(ctx context.Context, prefix string) ([]Object, error) {
	root := s.o.Prefix
	if root != "" {
		root += "/"
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing's goroutine when we return early
	var out []Object
	for o := range s.core.Client.ListObjects(ctx, s.o.Bucket, minio.ListObjectsOptions{Prefix: root + prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, s.fail(o.Err)
		}
		out = append(out, Object{Name: strings.TrimPrefix(o.Key, root), Size: o.Size})
	}
	slices.SortFunc(out, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Delete removes an object, and uploads of it that were cut short.
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := s.fail(s.core.RemoveObject(ctx, s.o.Bucket, s.key(name), minio.RemoveObjectOptions{})); err != nil && !errors.Is(err, ErrNotExist) {
		return err
	}
	return nil
}

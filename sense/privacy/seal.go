package privacy

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// A sealed key file is its header, then one line of base64: a salt of 16 bytes, a
// nonce of 24 and the plain file under XChaCha20-Poly1305. The key is Argon2id of
// passphrase and salt (RFC 9106, second recommended set); the header is
// authenticated too.
const (
	saltSize     = 16
	argonPasses  = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

var errSealed = errors.New("is sealed under another passphrase, or damaged")

func seal(plain []byte, passphrase string) ([]byte, error) {
	head := make([]byte, saltSize+chacha20poly1305.NonceSizeX)
	rand.Read(head) // never fails, see its documentation
	key := argon2.IDKey([]byte(passphrase), head[:saltSize], argonPasses, argonMemory, argonThreads, keySize)
	defer clear(key)
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("sealing the key file: %w", err)
	}
	box := aead.Seal(head, head[saltSize:], plain, []byte(sealedHeader))
	return append(base64.StdEncoding.AppendEncode([]byte(sealedHeader), box), '\n'), nil
}

func unseal(b []byte, passphrase string) ([]byte, error) {
	box, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b[len(sealedHeader):])))
	if err != nil || len(box) < saltSize+chacha20poly1305.NonceSizeX {
		return nil, errSealed
	}
	key := argon2.IDKey([]byte(passphrase), box[:saltSize], argonPasses, argonMemory, argonThreads, keySize)
	defer clear(key)
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	nonce, sealed := box[saltSize:saltSize+chacha20poly1305.NonceSizeX], box[saltSize+chacha20poly1305.NonceSizeX:]
	plain, err := aead.Open(nil, nonce, sealed, []byte(sealedHeader))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

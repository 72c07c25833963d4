package privacy

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"wardkeeper/ward"
)

const keySize = 32

// purpose separates keys: each has its own.
type purpose uint8

const (
	forTherapy purpose = iota
	forStudy
	forImplant
	forAccess
	forSecret
	forText
	forDigest
	forEcho
	purposes
)

var purposeNames = [purposes]string{"therapy", "study", "implant", "access", "secret", "text", "digest", "echo"}

// purposeOf says which key makes the tokens of a kind.
func purposeOf(k ward.TokenKind) purpose {
	switch k {
	case ward.TokenPatient, ward.TokenVisit, ward.TokenOrder, ward.TokenMessage:
		return forTherapy
	case ward.TokenStudy, ward.TokenInstance:
		return forStudy
	case ward.TokenSerial, ward.TokenAddress:
		return forImplant
	case ward.TokenStaff:
		return forAccess
	case ward.TokenSecret:
		return forSecret
	}
	return forText
}

// epoch is one generation of keys. secret holds the master and then the key of
// each purpose, in memory that is not swapped out or dumped where the system allows.
type epoch struct {
	number uint16
	since  time.Time
	secret []byte
}

func (e *epoch) master() []byte { return e.secret[:keySize] }

func (e *epoch) key(p purpose) *[keySize]byte {
	at := keySize * (1 + int(p))
	return (*[keySize]byte)(e.secret[at : at+keySize])
}

func newEpoch(number uint16, since time.Time, master []byte) (epoch, error) {
	e := epoch{number: number, since: since.UTC().Truncate(time.Second), secret: secretMemory(keySize * (1 + int(purposes)))}
	copy(e.secret, master)
	for p := range purposes {
		k, err := hkdf.Key(sha256.New, master, nil, "wardkeeper "+purposeNames[p]+" key 1", keySize)
		if err != nil {
			return epoch{}, fmt.Errorf("deriving keys: %w", err)
		}
		copy(e.key(p)[:], k)
		clear(k)
	}
	return e, nil
}

func randomEpoch(number uint16, since time.Time) (epoch, error) {
	master := make([]byte, keySize)
	rand.Read(master) // never fails, see its documentation
	defer clear(master)
	return newEpoch(number, since, master)
}

// Keeper holds a site's keys. It is not changed while scrubbers use it: rotate
// first, then make scrubbers.
type Keeper struct {
	path   string // "" for ephemeral keys
	epochs []epoch
}

// maxEpochs is how many generations a keeper holds: the current one and, in a
// rotation's overlap, the one before.
const maxEpochs = 2

// Ephemeral returns a keeper whose key lives in memory only: its tokens can be
// joined within one run and never afterwards.
func Ephemeral() (*Keeper, error) {
	e, err := randomEpoch(1, time.Unix(0, 0))
	if err != nil {
		return nil, err
	}
	return &Keeper{epochs: []epoch{e}}, nil
}

// Epoch returns the number of the current key epoch.
func (k *Keeper) Epoch() uint16 { return k.current().number }

// Since returns when the current epoch began.
func (k *Keeper) Since() time.Time { return k.current().since }

// Overlap reports whether the epoch before the current one is still held, so that
// tokens go out in pairs.
func (k *Keeper) Overlap() bool { return len(k.epochs) > 1 }

func (k *Keeper) current() *epoch { return &k.epochs[len(k.epochs)-1] }

// The errors of a rotation.
var (
	ErrOverlap = errors.New("the last rotation's overlap has not ended: retire the old epoch first")
	ErrEpochs  = errors.New("no key epoch is left: 65535 rotations were made")
)

// Rotate begins a new epoch with a fresh master key and keeps the old one for an
// overlap, which should last as long as the longest history that must not break;
// Retire ends it. Both save the key file, if there is one.
func (k *Keeper) Rotate(now time.Time) error {
	if len(k.epochs) >= maxEpochs {
		return ErrOverlap
	}
	number := k.Epoch()
	if number == 1<<16-1 {
		return ErrEpochs
	}
	e, err := randomEpoch(number+1, now)
	if err != nil {
		return err
	}
	next := append(k.epochs[:len(k.epochs):len(k.epochs)], e)
	if err := k.save(next); err != nil {
		return err
	}
	k.epochs = next
	return nil
}

// Retire forgets the old epoch's key.
func (k *Keeper) Retire() error {
	if !k.Overlap() {
		return nil
	}
	next := k.epochs[1:]
	if err := k.save(next); err != nil {
		return err
	}
	clear(k.epochs[0].secret)
	k.epochs = next
	return nil
}

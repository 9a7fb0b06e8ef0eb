package mariadb

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"seedbed"
)

// maxName is the longest name of a schema, in characters.
const maxName = 64

func checkName(name string) error {
	if len(name) > maxName || !seedbed.IsSiteKey(name) {
		return fmt.Errorf("%q is not the name of a site's own schema", name)
	}
	return nil
}

func checkBinding(b seedbed.Binding) error {
	if b.Password == "" {
		return errors.New("the password of a site's user is empty")
	}
	return checkName(b.Name)
}

// quote makes an identifier of any text.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// userOf is the account of a site: the same name, from whatever address.
func userOf(name string) string { return quote(name) + "@" + quote("%") }

// nativeHash is what MariaDB stores in place of a password
// (mysql_native_password): with it the password itself is in no statement and
// so in no log of the server. It has no character that means anything inside
// quotes.
func nativeHash(password seedbed.Secret) string {
	once := sha1.Sum([]byte(password.Reveal()))
	twice := sha1.Sum(once[:])
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}

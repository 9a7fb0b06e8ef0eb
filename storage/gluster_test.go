package storage

import (
	"slices"
	"testing"
)

func TestParseGluster_TakesNamesOnly(t *testing.T) {
	for text, want := range map[string]struct {
		volume  string
		servers []string
	}{
		"gluster:sites":              {"sites", nil},
		"gluster:m1/sites":           {"sites", []string{"m1"}},
		"gluster:m1,10.0.0.2/sites2": {"sites2", []string{"m1", "10.0.0.2"}},
	} {
		volume, servers, err := ParseGluster(text)
		if volume != want.volume || !slices.Equal(servers, want.servers) || err != nil {
			t.Errorf("%q is %q from %v, %v", text, volume, servers, err)
		}
	}
	for _, text := range []string{
		"", "folder", "sites", "gluster:", "gluster:-v", "gluster:a b", "gluster:/sites", "gluster:-o,m1/sites",
		"gluster:m1:m2/sites", "gluster:m1/a/b", "gluster:m1,/sites", "gluster:m1/../x", "gluster:\n", "gluster:sites\n",
	} {
		if volume, servers, err := ParseGluster(text); err == nil {
			t.Errorf("%q is %q from %v", text, volume, servers)
		}
	}
}

func TestReadAnswer_TakesNothingButAnAnswer(t *testing.T) {
	for _, text := range []string{
		"", "Connection failed. Please check if gluster daemon is operational.", "<cliOutput/>", "<other><opRet>0</opRet></other>",
		"<cliOutput><opRet></opRet></cliOutput>", "<cliOutput><opRet>0</opRet>", "<cliOutput><opRet>zero</opRet></cliOutput>",
		"<cliOutput><opRet>0</opRet><volQuota><limit><path>/a</path><hard_limit>many</hard_limit></limit></volQuota></cliOutput>",
	} {
		var l limits
		if err := readAnswer([]byte(text), &l); err == nil {
			t.Errorf("%q is read as %+v", text, l)
		}
	}
}

func TestReadAnswer_TellsFoldersWithoutALimit(t *testing.T) {
	var l limits
	err := readAnswer([]byte(`<?xml version="1.0"?><cliOutput><opRet>0</opRet><opErrstr/><volQuota>
		<limit><path>/a/b</path><hard_limit>1024</hard_limit><used_space>5</used_space></limit>
		<limit><path>/c/d</path><hard_limit>N/A</hard_limit><used_space>7</used_space></limit></volQuota></cliOutput>`), &l)
	if err != nil || len(l.Limits) != 2 || l.Limits[0].Limit != 1024 || l.Limits[1].Limit != 0 {
		t.Errorf("got %+v, %v", l, err)
	}
}

// What another machine's glusterd sends must not stop the portal.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte("<cliOutput><opRet>0</opRet></cliOutput>"))
	f.Add([]byte("<cliOutput><opRet>0</opRet><volStatus><volumes><volume><node><status>1</status></node></volume></volumes></volStatus></cliOutput>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, into := range []answer{&limits{}, &volumeStatus{}, &volumeInfo{}, &healing{}} {
			if readAnswer(text, into) == nil && into.result().Ret == nil {
				t.Error("an answer without a result")
			}
		}
	})
}

<?php
// What DokuWiki's configuration page cannot change. What differs between wikis
// comes from the environment as values.
$conf['title'] = getenv( 'SITE_TITLE' );
$conf['lang'] = getenv( 'SITE_LANGUAGE' ) ?: 'en';
$conf['baseurl'] = getenv( 'SITE_URL' );
$conf['basedir'] = '/';
$conf['userewrite'] = 2;
$conf['savedir'] = '/srv/files/data';

// Everybody reads, unless the wiki is private; people with an account write;
// accounts are made by the administrators.
$conf['useacl'] = 1;
$conf['authtype'] = 'authplain';
$conf['passcrypt'] = 'bcrypt';
$conf['superuser'] = '@admin';
$conf['defaultgroup'] = 'user';
$conf['disableactions'] = 'register,resendpwd,subscribe';

// There is no mail server to count on.
$conf['autopasswd'] = 0;
$conf['notify'] = '';
$conf['registernotify'] = '';
$conf['subscribers'] = 0;

// The code is part of the image, and nothing of what people write is run.
$conf['updatecheck'] = 0;
$conf['htmlok'] = 0;
$conf['phpok'] = 0;
$conf['fetchsize'] = 0;
$conf['remote'] = 0;
$conf['allowdebug'] = 0;
$conf['im_convert'] = '';

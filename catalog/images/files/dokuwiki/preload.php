<?php
// In place of Debian's, which looks for other wikis in what visitors send.
// DokuWiki's own settings come first, then those that people make in its
// configuration page, then ours, which that page cannot change.
define( 'DOKU_CONF', '/srv/files/conf/' );

$config_cascade = [
	'main' => [
		'default' => [ '/etc/dokuwiki/dokuwiki.php' ],
		'local' => [ DOKU_CONF . 'local.php' ],
		'protected' => [ '/etc/seedbed/settings.php' ],
	],
	'plugins' => [
		'default' => [ '/etc/dokuwiki/plugins.php' ],
		'local' => [ DOKU_CONF . 'plugins.local.php' ],
		'protected' => [ '/etc/seedbed/plugins.php' ],
	],
	'license' => [ 'default' => [ '/etc/dokuwiki/license.php' ], 'local' => [] ],
	'mediameta' => [ 'default' => [ '/etc/dokuwiki/mediameta.php' ], 'local' => [] ],
];
foreach ( [ 'acronyms', 'entities', 'interwiki', 'mime', 'scheme', 'smileys', 'wordblock' ] as $list ) {
	$config_cascade[$list] = [ 'default' => [ "/etc/dokuwiki/$list.conf" ], 'local' => [ DOKU_CONF . "$list.local.conf" ] ];
}
unset( $list );
$config_cascade['manifest'] = [ 'default' => [ '/etc/dokuwiki/manifest.json' ], 'local' => [] ];

<?php
// The configuration of a Seedbed site made with WordPress. What differs between
// sites comes from the environment as values; nothing writes into this file.
require_once '/usr/share/seedbed/database.php';

$seedbed = seedbed_database();
define( 'DB_HOST', $seedbed['host'] . ':' . $seedbed['port'] );
define( 'DB_USER', $seedbed['user'] );
define( 'DB_PASSWORD', $seedbed['password'] );
define( 'DB_NAME', $seedbed['name'] );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
unset( $seedbed );
$table_prefix = 'wp_';

define( 'WP_HOME', getenv( 'SITE_URL' ) );
define( 'WP_SITEURL', getenv( 'SITE_URL' ) );
if ( str_starts_with( WP_HOME, 'https:' ) ) {
	$_SERVER['HTTPS'] = 'on';
}

// Keys that stay the same as long as the site's own secret does.
foreach ( [ 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ] as $seedbed_key ) {
	define( $seedbed_key, hash_hmac( 'sha256', $seedbed_key, getenv( 'SECRET_KEY' ) ) );
}
unset( $seedbed_key );

// Uploads, plugins and themes live on the volume; WordPress itself, its
// languages and our own plugin are part of the image and cannot be changed.
define( 'WP_CONTENT_DIR', '/srv/files' );
define( 'WP_CONTENT_URL', WP_HOME . '/wp-content' );
define( 'WP_LANG_DIR', '/var/lib/wordpress/wp-content/languages' );
define( 'WPMU_PLUGIN_DIR', '/usr/share/seedbed/plugins' );
define( 'DISALLOW_FILE_EDIT', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_AUTO_UPDATE_CORE', false );
define( 'FS_METHOD', 'direct' );
define( 'WP_DEBUG', false );
define( 'WP_MEMORY_LIMIT', '128M' );

if ( !defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', '/usr/share/wordpress/' );
}
require_once ABSPATH . 'wp-settings.php';

<?php
// The settings of a Seedbed wiki. What differs between wikis comes from the
// environment as values; nothing writes into this file.
if ( !defined( 'MEDIAWIKI' ) ) {
	exit;
}
require_once '/usr/share/seedbed/database.php';

$wgSitename = getenv( 'SITE_TITLE' );
// A new title must not rename a namespace, with all links into it.
$wgMetaNamespace = 'Project';
$wgLanguageCode = getenv( 'SITE_LANGUAGE' ) ?: 'en';
$wgServer = getenv( 'SITE_URL' );
$wgScriptPath = '';
$wgArticlePath = '/wiki/$1';
$wgUsePathInfo = true;
$wgSecretKey = getenv( 'SECRET_KEY' );
$wgAuthenticationTokenVersion = '1';

$seedbedDatabase = seedbed_database();
$wgDBtype = 'postgres';
$wgDBserver = $seedbedDatabase['host'];
$wgDBport = $seedbedDatabase['port'];
$wgDBname = $seedbedDatabase['name'];
$wgDBuser = $seedbedDatabase['user'];
$wgDBpassword = $seedbedDatabase['password'];
$wgDBmwschema = 'mediawiki';
unset( $seedbedDatabase );

// Uploads live on the volume, and are never run (see apache.conf).
$wgEnableUploads = true;
$wgUploadDirectory = '/srv/files';
$wgUploadPath = '/images';
$wgFileExtensions = [ 'png', 'gif', 'jpg', 'jpeg', 'webp', 'svg', 'pdf', 'odt', 'ods', 'odp', 'docx', 'xlsx', 'pptx', 'mp3', 'ogg', 'webm', 'mp4' ];
$wgMaxUploadSize = 32 * 1024 * 1024;
$wgUseImageMagick = false;
$wgSVGConverter = false;
$wgDiff3 = '/usr/bin/diff3';

// Everybody reads, unless the wiki is private; people with an account write;
// accounts are made by those who have the right to.
$wgGroupPermissions['*']['edit'] = false;
$wgGroupPermissions['*']['createaccount'] = false;
$wgGroupPermissions['sysop']['createaccount'] = true;
if ( getenv( 'SITE_PRIVATE' ) === 'on' ) {
	$wgGroupPermissions['*']['read'] = false;
	$wgWhitelistRead = [ 'Special:UserLogin', 'Special:PasswordReset' ];
	$wgUploadPath = '/img_auth.php';
}

// There is no mail server to count on.
$wgEnableEmail = false;

$wgMainCacheType = CACHE_ACCEL;
// Signed in stays signed in when the container is replaced.
$wgSessionCacheType = CACHE_DB;
$wgParserCacheType = CACHE_DB;
$wgCacheDirectory = '/var/cache/seedbed';
$wgJobRunRate = 0.5;

// The web installer is not reachable, nor wanted.
$wgUpgradeKey = false;
$wgPingback = false;
$wgShellLocale = 'C.UTF-8';
// Memory is the container's to limit; ulimit would only get in its way.
$wgMaxShellMemory = 0;
$wgPhpCli = '/usr/bin/php';

$wgDefaultSkin = 'vector-2022';
wfLoadSkins( [ 'MonoBook', 'Timeless', 'Vector' ] );
wfLoadExtensions( [ 'CategoryTree', 'Cite', 'ImageMap', 'InputBox', 'MultimediaViewer', 'Nuke', 'PageImages', 'ParserFunctions', 'ReplaceText', 'TemplateData', 'TextExtracts', 'WikiEditor' ] );

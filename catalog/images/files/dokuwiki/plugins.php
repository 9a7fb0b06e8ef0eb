<?php
// Plugins that are on or off for good. The extension manager would write into
// the image, and its work would be gone with the container.
foreach ( [ 'acl', 'authplain', 'config', 'usermanager' ] as $name ) {
	$plugins[$name] = 1;
}
foreach ( [ 'authad', 'authldap', 'authpdo', 'extension', 'popularity', 'safefnrecode', 'styling', 'testing' ] as $name ) {
	$plugins[$name] = 0;
}
unset( $name );

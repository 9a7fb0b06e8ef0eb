# frozen_string_literal: true

# Run by "rails runner" once the tables are there: the usual roles, trackers and
# workflows, and the first account with its password. It may be repeated.
include Redmine::I18n

begin
  Redmine::DefaultData::Loader.load(find_language(ENV.fetch('SITE_LANGUAGE', 'en')) || 'en')
rescue Redmine::DefaultData::DataAlreadyLoaded
  warn 'seedbed: the default data is there'
end

admin = User.find_by!(login: 'admin')
admin.password = admin.password_confirmation = ENV.fetch('SITE_ADMIN_PASSWORD')
admin.must_change_passwd = false
admin.language = find_language(ENV.fetch('SITE_LANGUAGE', 'en')) || 'en'
admin.save!(validate: false)

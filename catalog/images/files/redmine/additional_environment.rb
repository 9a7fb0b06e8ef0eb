# frozen_string_literal: true

# Mail that cannot be sent is not an error of the page that would send it.
config.action_mailer.perform_deliveries = false
config.secret_key_base = ENV['SECRET_KEY'] if ENV['SECRET_KEY']
# What people write there does not belong in a log.
config.log_level = :warn

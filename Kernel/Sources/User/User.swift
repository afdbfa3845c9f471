enum UserPlaceholder {}

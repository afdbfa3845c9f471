enum USTARPlaceholder {}

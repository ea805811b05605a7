"""What an approval to trade real money is bound to, gathered: by who gives it and by who proves it."""

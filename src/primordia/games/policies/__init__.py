"""What an agent does: functions of one agent in one game, with weights and a memory of their own."""

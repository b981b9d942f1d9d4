"""What the records of links prove, given who looked for them: bounds, effort and missed ties."""

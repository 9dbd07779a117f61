module example.com/gtq-examples

go 1.19

create table entry (id int primary key, text varchar(100));

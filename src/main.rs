fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut reader = gtq::trace::Reader::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut n = 0u64;
    loop {
        match reader.next_event() {
            Ok(Some(_)) => n += 1,
            Ok(None) => break,
            Err(e) => { println!("{e}"); break }
        }
    }
    println!("{n} {:?}", reader.generations().len());
}

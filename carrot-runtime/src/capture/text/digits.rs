//! Small numbers, which most are: counts, ports, years.

use super::Buffer;

/// Appends a number of at most four digits, all of them at once.
#[inline]
pub(in super::super) fn few_digits(buffer: &mut Buffer, number: u16) {
    let number = u32::from(number);
    // Two numbers of two digits beside each other, then four of one.
    let hundreds = (number * 5243) >> 19;
    let pairs = hundreds | (number - hundreds * 100) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f;
    let digits = tens | (pairs - tens * 10) << 8;
    // The last digit stands also where it is a zero.
    let zeroes = (digits | 1 << 24).trailing_zeros() & !7;
    let text = (digits | 0x3030_3030) >> zeroes;
    buffer.append((4 - zeroes / 8) as usize, |window| {
        *window = text.to_le_bytes()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_digits() {
        for number in 0..10_000 {
            let mut buffer = Buffer::new();
            buffer.byte(b'x');
            few_digits(&mut buffer, number);
            assert_eq!(buffer.as_slice(), format!("x{number}").as_bytes());
        }
    }
}

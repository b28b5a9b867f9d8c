//! Pictures as pixels, to be compared, read from PNG and from an X server's framebuffer.

use std::{
    fs,
    io::{BufWriter, Cursor},
    path::{Path, PathBuf},
};

/// Red, green and blue of every pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    /// Reads a PNG of 8 bits a channel, as WebDriver makes it.
    pub fn read(png: &[u8]) -> Self {
        let mut reader = png::Decoder::new(Cursor::new(png))
            .read_info()
            .expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut bytes).expect("a PNG");
        let samples = info.color_type.samples();
        let pixels = bytes[..info.buffer_size()].chunks_exact(samples);
        Self {
            width: info.width,
            height: info.height,
            rgb: pixels
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        }
    }

    /// Reads the X window dump that Xvfb keeps: a header of big-endian words, a colour table of 12
    /// bytes an entry, then lines of little-endian pixels of 32 bits.
    pub(crate) fn from_xwd(bytes: &[u8]) -> Option<Self> {
        let word = |index: usize| {
            let word = bytes.get(index * 4..index * 4 + 4)?;
            Some(u32::from_be_bytes(word.try_into().ok()?))
        };
        let (header, width, height) = (word(0)?, word(4)?, word(5)?);
        let (line, colours) = (word(12)?, word(19)?);
        let pixels = bytes.get(usize::try_from(header + colours * 12).ok()?..)?;
        let mut rgb = Vec::new();
        let lines = pixels.chunks(usize::try_from(line).ok()?);
        for line in lines.take(usize::try_from(height).ok()?) {
            let pixels = line.chunks_exact(4).take(usize::try_from(width).ok()?);
            rgb.extend(pixels.flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]));
        }
        Some(Self { width, height, rgb })
    }

    /// How many pixels in a thousand, rounded down, differ visibly from those of another picture; all
    /// of them where the sizes differ.
    pub fn per_mille_that_differ(&self, other: &Self) -> usize {
        if (self.width, self.height) != (other.width, other.height) {
            return 1000;
        }
        let pixels = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
        let visible = |(a, b): &(&[u8], &[u8])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 32);
        let different = pixels.filter(visible).count();
        different * 1000 / (self.rgb.len() / 3).max(1)
    }

    /// Writes it among the evidence of this test and returns the path.
    pub fn keep(&self, name: &str) -> PathBuf {
        let path = crate::evidence::folder().join(format!("{name}.png"));
        self.write_png(&path).expect("the folder is writable");
        path
    }

    pub(crate) fn write_png(&self, path: &Path) -> Result<(), png::EncodingError> {
        let file = BufWriter::new(fs::File::create(path)?);
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.rgb)
    }
}

use super::*;

fn instance(values: &[f64]) -> Instance {
    Instance { name: String::new(), values: values.to_vec() }
}

#[test]
fn instances_without_a_point_do_not_count_in_the_mean() {
    let mean = mean(&[instance(&[1.0, f64::NAN, f64::NAN]), instance(&[4.0, 6.0, f64::NAN])], 3);
    assert_eq!(mean[..2], [2.5, 6.0]);
    assert!(mean[2].is_nan());
}
